//! A scan: a plan that says beforehand what it will ask, and a run that streams what it finds.

mod plan;
mod ports;
mod run;
mod targets;

pub use plan::{Plan, PlanError, Probe};
pub use ports::PortSet;
pub use run::{Caps, Found, Progress, Run, run};
