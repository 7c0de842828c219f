//! A scan: a plan that says beforehand what it will ask, and a run that streams what it finds.

mod ports;
mod run;
mod targets;

pub use ports::PortSet;
pub use run::{Found, Progress, Run, run};
pub use targets::{Plan, PlanError, Probe};
