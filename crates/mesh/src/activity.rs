//! What is under way or was noticed, sent to all listeners. Separate from the registry's own events: those are state, and
//! lose nothing to a busy scan.

use model::Activity;
use tokio::sync::broadcast;

/// How many a slow subscriber can lag behind before it loses some (and learns how many).
const KEPT: usize = 4_096;

/// The channel of activities. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Activities(broadcast::Sender<Activity>);

impl Default for Activities {
    fn default() -> Self {
        Self(broadcast::Sender::new(KEPT))
    }
}

impl Activities {
    /// Sends it to all listeners.
    pub fn tell(&self, activity: Activity) {
        // Without subscribers nothing is sent.
        let _ = self.0.send(activity);
    }

    /// Subscribes to what happens from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Activity> {
        self.0.subscribe()
    }
}
