//! The calls that were made. Nothing is recorded yet: the answers are those of an empty record.

use api::{
    CallList, CallRecord, CallRecordArgs, CallsArgs, ErrorCode, Replay, ReplayArgs, Traffic, TrafficArgs,
};

use crate::App;
use crate::error::OperationError;

impl App {
    pub(super) async fn calls(&self, _: CallsArgs) -> Result<CallList, OperationError> {
        Ok(CallList { rows: Vec::new(), more: false, total: 0, recording: false })
    }

    pub(super) async fn call_record(&self, args: CallRecordArgs) -> Result<CallRecord, OperationError> {
        let message = format!("there is no recorded call {}", args.id);
        Err(OperationError::new(ErrorCode::NotFound, message))
    }

    pub(super) async fn traffic(&self, _: TrafficArgs) -> Result<Traffic, OperationError> {
        let (buckets, servers, rules) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Traffic { buckets, servers, rules, calls: 0, failed: 0, oldest: None })
    }

    pub(super) async fn replay(&self, _: ReplayArgs) -> Result<Replay, OperationError> {
        let (moved, would_fail, unknown, distribution) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Ok(Replay {
            calls: 0,
            stays: 0,
            moves: 0,
            fails: 0,
            unknowns: 0,
            moved,
            would_fail,
            unknown,
            distribution,
        })
    }
}
