//! A scan: a plan that says in advance what it will probe, and a run that streams its results.

mod plan;
mod run;
mod scope;
mod targets;

pub use plan::{PlanError, Probe, ProbePlan, THIS_COMPUTER};
pub use run::{Caps, Done, Found, Run, ScanCounters, run};
pub use scope::{PortSet, Scope};
