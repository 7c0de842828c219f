//! What applies to a capability: exactly one rule, the first in the order of precedence that matches; what it does not say
//! comes from the defaults.

use model::config::{Affinity, OnEmpty, RoutingRule, RuleFields};
use model::{CapabilityPattern, Filter};

/// The fields that apply to one capability.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rule {
    /// The rule that they are of; absent when only the defaults apply.
    pub pattern: Option<CapabilityPattern>,
    /// Soft: the first with a candidate wins.
    pub preferred_regions: Vec<String>,
    /// Hard; absent means everywhere.
    pub required_regions: Option<Vec<String>>,
    /// Hard, in [0, 1].
    pub min_health_score: Option<f64>,
    /// Hard.
    pub required_metadata: Option<Filter>,
    /// What stays with one server.
    pub affinity: Affinity,
    /// When the hard ones leave nobody.
    pub on_empty: OnEmpty,
}

impl Rule {
    /// The one for this capability, folded. `rules` are in their order of precedence.
    pub fn of(capability: &str, rules: &[RoutingRule], defaults: &RuleFields) -> Self {
        let found = rules.iter().find(|rule| rule.pattern.is_match(capability));
        let own = found.map(|rule| &rule.fields);
        Self {
            pattern: found.map(|rule| rule.pattern.clone()),
            preferred_regions: said(own, defaults, |fields| fields.preferred_regions.as_ref())
                .cloned()
                .unwrap_or_default(),
            required_regions: said(own, defaults, |fields| fields.required_regions.as_ref()).cloned(),
            min_health_score: said(own, defaults, |fields| fields.min_health_score.as_ref()).copied(),
            required_metadata: said(own, defaults, |fields| fields.required_metadata.as_ref()).cloned(),
            affinity: said(own, defaults, |fields| fields.affinity.as_ref()).copied().unwrap_or_default(),
            on_empty: said(own, defaults, |fields| fields.on_empty.as_ref()).copied().unwrap_or_default(),
        }
    }
}

/// What the rule says, else what the defaults say.
fn said<'a, T>(
    rule: Option<&'a RuleFields>,
    defaults: &'a RuleFields,
    field: impl Fn(&'a RuleFields) -> Option<&'a T>,
) -> Option<&'a T> {
    rule.and_then(&field).or_else(|| field(defaults))
}
