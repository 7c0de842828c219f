//! A scan: a plan that says beforehand what it will ask, and a run that streams what it finds.

mod done;
mod plan;
mod ports;
mod run;
mod scope;
mod targets;

pub use done::Done;
pub use plan::{PlanError, Probe, ProbePlan, THIS_COMPUTER};
pub use ports::PortSet;
pub use run::{Caps, Found, Run, ScanCounters, run};
pub use scope::Scope;
