//! A scan: a plan that says beforehand what it will ask, and a run that streams what it finds.

mod plan;
mod run;
mod scope;
mod targets;

pub use plan::{PlanError, Probe, ProbePlan, THIS_COMPUTER};
pub use run::{Caps, Done, Found, Run, ScanCounters, run};
pub use scope::{PortSet, Scope};
