//! The rate limit of a client: the generic cell rate algorithm (ITU-T I.371), which keeps one time for each client.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use api::{ApiError, ErrorCode};
use http::StatusCode;
use mesh::FinishedCall;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::Gateway;
use crate::catalog::CallTo;
use crate::post::PostedRequest;
use crate::reply::Rejected;
use crate::wanted::{AskedMethod, WantedRequest};

/// When each client's next call would be within its limit, by its name.
#[derive(Debug, Default)]
pub(crate) struct CallPaces(Mutex<HashMap<Arc<str>, Instant>>);

impl CallPaces {
    /// Admits one call, or returns how long to wait. After a pause, one second's worth of calls is admitted at once.
    fn take(&self, client: &Arc<str>, per_second: f64, now: Instant) -> Result<(), Duration> {
        let between = Duration::from_secs_f64(per_second.recip());
        let ahead = Duration::from_secs(1).max(between);
        let mut all = self.0.lock();
        let due = all.entry(client.clone()).or_insert(now);
        let next = (*due).max(now) + between;
        match next.saturating_duration_since(now).checked_sub(ahead) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                *due = next;
                Ok(())
            }
        }
    }
}

impl Gateway {
    /// Whether a client is within its limit now. A call above it is recorded like any other that no server took.
    pub(crate) fn is_in_time(&self, ask: &PostedRequest, wanted: &WantedRequest) -> Result<(), Rejected> {
        let config = self.config();
        let Some(name) = &ask.caller.name else { return Ok(()) };
        let own = config.gateway.clients.iter().find(|access| access.name == **name);
        let Some(per_second) = own.and_then(|own| own.calls_per_second) else { return Ok(()) };
        self.0.paces.take(name, per_second, Instant::now()).map_err(|wait| {
            let allowed =
                format!("this client is limited to {per_second} requests a second (`gateway.clients`)");
            self.turned_away(ask, wanted, &allowed);
            let why = format!("{allowed}: try again in {:.1} s", wait.as_secs_f64().max(0.1));
            Rejected::of_api(StatusCode::OK, &ApiError::new(ErrorCode::Overloaded, why))
        })
    }

    /// Records a call of a tool that the client sees; calls of unknown names are not recorded.
    fn turned_away(&self, ask: &PostedRequest, wanted: &WantedRequest, why: &str) {
        let witness = &self.0.parts.witness;
        if wanted.method != AskedMethod::CallTool || !witness.is_watching() {
            return;
        }
        let capability = match self.called(ask, &wanted.name) {
            Ok(CallTo::Server(_, tool)) => tool.name.clone(),
            Ok(CallTo::Group(group)) => group.capability.clone(),
            Err(_) => return,
        };
        let client = ask.caller.name.as_deref().map(str::to_owned);
        witness.saw(FinishedCall::turned_away(client, capability, why.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calls_of_a_second_come_at_once_and_then_one_after_the_other() {
        let (paces, now) = (CallPaces::default(), Instant::now());
        let (one, other): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
        let let_through = |at: Instant| (0..100).filter(|_| paces.take(&one, 5.0, at).is_ok()).count();
        assert_eq!(let_through(now), 5);
        assert_eq!(let_through(now + Duration::from_millis(190)), 0);
        assert_eq!(let_through(now + Duration::from_millis(210)), 1);
        assert_eq!(let_through(now + Duration::from_mins(1)), 5);
        assert_eq!(paces.take(&other, 5.0, now), Ok(()));
    }

    #[test]
    fn whoever_may_ask_less_than_once_a_second_waits_in_between() {
        let (paces, now): (_, _) = (CallPaces::default(), Instant::now());
        let client: Arc<str> = "a".into();
        assert_eq!(paces.take(&client, 0.1, now), Ok(()));
        assert_eq!(paces.take(&client, 0.1, now + Duration::from_secs(4)), Err(Duration::from_secs(6)));
        assert_eq!(paces.take(&client, 0.1, now + Duration::from_secs(10)), Ok(()));
    }
}
