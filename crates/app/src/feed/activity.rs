//! What was under way or noticed since the last batch.

use std::collections::HashSet;

use model::{Activity, Start};

/// Activity that was not sent yet.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    activities: Vec<Activity>,
    /// That calls were recorded.
    recorded: Option<Activity>,
    lost: u64,
}

impl Gathered {
    pub(super) fn is_empty(&self) -> bool {
        self.activities.is_empty() && self.recorded.is_none() && self.lost == 0
    }

    pub(super) fn take(&mut self, activity: Activity) {
        match (activity, &mut self.recorded) {
            // What two of these say is one.
            (
                Activity::CallsChanged { newest, calls, failed },
                Some(Activity::CallsChanged { newest: last, calls: all, failed: all_failed }),
            ) => (*last, *all, *all_failed) = (newest, *all + calls, *all_failed + failed),
            (recorded @ Activity::CallsChanged { .. }, none) => *none = Some(recorded),
            (other, _) => self.activities.push(other),
        }
    }

    /// So many were missed.
    pub(super) fn lose(&mut self, count: u64) {
        self.lost += count;
    }

    /// What to send: how many were lost, then the last state of each scan, call and start, in the order of those states.
    pub(super) fn flush(&mut self) -> Vec<Activity> {
        let Self { activities, recorded, lost } = std::mem::take(self);
        let mut seen = HashSet::new();
        let is_last = |activity: &Activity| subject(activity).is_none_or(|subject| seen.insert(subject));
        let mut kept: Vec<Activity> = activities.into_iter().rev().filter(is_last).collect();
        if lost > 0 {
            kept.push(Activity::ActivityLost { count: lost });
        }
        kept.reverse();
        kept.extend(recorded);
        kept
    }
}

fn subject(activity: &Activity) -> Option<String> {
    match activity {
        Activity::ScanChanged { scan } => Some(format!("scan {}", scan.id)),
        Activity::CallProgress { call, .. } => Some(format!("call {call}")),
        Activity::Starting { start: Start { id, .. } } | Activity::Started { id } => {
            Some(format!("start {id}"))
        }
        Activity::ClientsChanged => Some("clients".to_owned()),
        Activity::ScansChanged {} => Some("scans".to_owned()),
        Activity::ScanFound { .. }
        | Activity::CallsChanged { .. }
        | Activity::ConfigChanged { .. }
        | Activity::Notice { .. }
        | Activity::ActivityLost { .. } => None,
    }
}
