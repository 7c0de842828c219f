//! The code of every operation of `api`, and the one place where each is called by its name: the window, HTTP and the
//! command line have no features of their own.

mod call;
mod change;
mod config;
mod files;
mod find;
mod gateway;
mod health;
mod look;
mod memory;
mod metrics;
mod replicas;
mod route;
mod scan;
mod secret;

pub(crate) use self::gateway::gateway_words;

use api::{ApiError, ErrorCode, NAMES, Perform};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::App;
use crate::error::OperationError;

/// Reads the arguments, carries out the operation of the table, and writes the result.
macro_rules! dispatch {
    ($( $(#[doc = $doc:literal])+ $name:ident($args:ident) -> $result:ident; )+) => {
        impl App {
            async fn carry_out(&self, name: &str, args: Value) -> Result<Box<RawValue>, OperationError> {
                match name {
                    $( stringify!($name) => {
                        let args: api::$args = read(name, args)?;
                        let result: api::$result = Box::pin(self.$name(args)).await?;
                        write(&result)
                    } )+
                    _ => Err(unknown(name)),
                }
            }
        }
    };
}

api::operations!(dispatch);

impl App {
    /// Carries out the operation `name`. The result is text of the shape that `api` promises: a face passes it on, and
    /// numbers of a server reach the caller with all their digits.
    pub async fn perform(&self, name: &str, args: Value) -> Result<Box<RawValue>, ApiError> {
        let began = Instant::now();
        let done = self.carry_out(name, args).await;
        self.0.exports.operated(name, began.elapsed());
        Ok(done?)
    }
}

impl Perform for App {
    async fn perform(&self, name: &str, args: Value) -> Result<Box<RawValue>, ApiError> {
        Self::perform(self, name, args).await
    }
}

fn read<T: DeserializeOwned>(name: &str, args: Value) -> Result<T, OperationError> {
    let args = if args.is_null() { json!({}) } else { args };
    serde_json::from_value(args).map_err(|error| {
        OperationError::arguments(format!("`{name}` does not take these arguments: {error}"))
    })
}

fn write<T: Serialize>(result: &T) -> Result<Box<RawValue>, OperationError> {
    to_raw_value(result).map_err(|error| {
        OperationError::new(ErrorCode::Internal, format!("the result could not be written: {error}"))
    })
}

fn unknown(name: &str) -> OperationError {
    OperationError::new(ErrorCode::UnknownOperation, format!("there is no operation `{name}`"))
        .with(json!({ "operations": NAMES }))
}
