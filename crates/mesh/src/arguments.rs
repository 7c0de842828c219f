//! Which servers accept a call's arguments, where the servers of a capability have different schemas.

use std::sync::{Arc, OnceLock};

use jsonschema::Validator;
use model::ServerId;
use serde_json::{Map, Value};

use crate::route::Offer;

/// One validator for each server of a route, made when it is first needed. A schema that cannot be read refuses nothing: its
/// server decides.
#[derive(Debug)]
pub(crate) struct Schemas(Vec<OnceLock<Option<Validator>>>);

impl Schemas {
    /// None where all schemas are the same: then the server that is picked decides, as it would alone.
    pub(crate) fn of(offers: &[Arc<Offer>]) -> Option<Self> {
        let mut schemas =
            offers.iter().filter_map(|offer| offer.tool.as_ref().ok()).map(|tool| &tool.input_schema);
        let first = schemas.next()?;
        schemas.any(|schema| schema != first).then(|| Self(offers.iter().map(|_| OnceLock::new()).collect()))
    }

    /// The servers that refuse these arguments, and what is wrong with them.
    pub(crate) fn refused(
        &self,
        offers: &[Arc<Offer>],
        arguments: &Map<String, Value>,
    ) -> Vec<(ServerId, String)> {
        let arguments = Value::Object(arguments.clone());
        let refusing = self.0.iter().zip(offers).filter_map(|(validator, offer)| {
            let tool = offer.tool.as_ref().ok()?;
            let validator =
                validator.get_or_init(|| jsonschema::validator_for(&tool.input_schema.to_value()).ok());
            let problem = validator.as_ref()?.validate(&arguments).err()?;
            Some((offer.info().id, mcp::tame(&problem.to_string())))
        });
        refusing.collect()
    }
}
