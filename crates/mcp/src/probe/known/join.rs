//! The handshake of the legacy era. A server may need longer for it than a visit may take, and it keeps a session for us
//! anyway. So a handshake continues by itself, the next visit waits for the same one, and a session that is no longer wanted
//! is ended.

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use model::{Era, Identity};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::task::TaskTracker;

use super::{ANSWER_LIMIT, Asked, Kept, Visit};
use crate::wire::answer::{Answer, NoAnswer};
use crate::wire::greet::{Carry, Greeting, Known, initialize};
use crate::wire::terms::{LEGACY, Question, Terms};
use crate::{Remote, failure};

/// The time limit of a handshake: a server that is restarted meanwhile is asked again.
const JOIN_LIMIT: Duration = Duration::from_secs(30);
/// How long one continues that nothing waits for any more.
const GRACE: Duration = Duration::from_secs(2);
/// The time limit for the end of a session that is not wanted.
const LEAVE_LIMIT: Duration = Duration::from_secs(2);

/// The terms with a legacy server.
#[derive(Debug, Clone)]
pub(super) struct Joined {
    pub(super) terms: Terms,
    may_be_left: bool,
}

type AskedHandshake = Asked<(Joined, Identity)>;

/// A handshake that is under way.
#[derive(Debug)]
pub(super) struct Joining(oneshot::Receiver<AskedHandshake>);

impl Joining {
    fn begin(remote: &Remote, tasks: &TaskTracker) -> Self {
        let (told, answer) = oneshot::channel();
        tasks.spawn(tell(remote.clone(), told));
        Self(answer)
    }

    /// Its result. `None` until there is one, at the latest after `deadline`.
    pub(super) async fn answer(&mut self, deadline: Instant) -> Option<AskedHandshake> {
        timeout_at(deadline, &mut self.0).await.ok()?.ok()
    }
}

impl Joined {
    /// A server without DELETE forgets the session by itself.
    pub(super) async fn leave(self, remote: &Remote, deadline: Instant) {
        let Some(goodbye) = self.terms.goodbye().filter(|_| self.may_be_left) else { return };
        let mut nothing = Kept::default();
        if let Ok(mut visit) = Visit::begin(remote, &mut nothing, deadline) {
            let _ = visit.ask(&goodbye, ANSWER_LIMIT).await;
        }
    }
}

async fn tell(remote: Remote, mut told: oneshot::Sender<AskedHandshake>) {
    let asked = {
        let mut asking = pin!(handshake(&remote));
        match select(asking.as_mut(), pin!(told.closed())).await {
            Either::Left((asked, _)) => Some(asked),
            Either::Right(_) => timeout(GRACE, asking).await.ok(),
        }
    };
    let unwanted = asked.and_then(|asked| told.send(asked).err());
    if let Some(Asked { outcome: Ok((joined, _)), .. }) = unwanted {
        joined.leave(&remote, Instant::now() + LEAVE_LIMIT).await;
    }
}

/// A visit as a carrier, which records the last request as evidence.
struct NotingVisit<'a, 'b> {
    visit: &'a mut Visit<'b>,
    last: Option<Asked<()>>,
}

impl Carry for NotingVisit<'_, '_> {
    async fn ask(&mut self, question: &Question) -> Result<Answer, NoAnswer> {
        let began = Instant::now();
        let answered = self.visit.exchange(question, ANSWER_LIMIT, None).await.map(|(answer, _)| answer);
        self.last = Some(self.visit.noted(question, began, answered.as_ref()));
        answered
    }
}

async fn handshake(remote: &Remote) -> AskedHandshake {
    let began = Instant::now();
    let mut nothing = Kept::default();
    let mut visit = match Visit::begin(remote, &mut nothing, began + JOIN_LIMIT) {
        Ok(visit) => visit,
        Err(error) => return Asked::failed("initialize".to_owned(), began, error),
    };
    let place = visit.site.place();
    let mut carrier = NotingVisit { visit: &mut visit, last: None };
    let greeting = initialize(&mut carrier, &Known::era(Some(Era::Legacy)), LEGACY).await;
    let Some(asked) = carrier.last.take() else {
        return Asked::failed("initialize".to_owned(), began, failure::no_answer(&NoAnswer::Mute, &place));
    };
    let asked = asked.and_then(|()| match greeting {
        Greeting::Met(met) => {
            Ok((Joined { terms: met.terms, may_be_left: met.may_be_left }, met.said.identity))
        }
        other => Err(failure::of_greeting(other, &place)),
    });
    if let Ok((joined, _)) = &asked.outcome {
        let ready = joined.terms.notification("notifications/initialized", None);
        let _ = visit.ask(&ready, ANSWER_LIMIT).await;
    }
    asked
}

impl Visit<'_> {
    /// The session with a legacy server: the one that is kept, or a new one.
    pub(super) async fn joined(&mut self, tasks: &TaskTracker) -> Result<Terms, Asked<Infallible>> {
        if let Some(joined) = &self.kept.session {
            return Ok(joined.terms.clone());
        }
        let began = Instant::now();
        let joining = self.kept.joining.get_or_insert_with(|| Joining::begin(self.site.remote, tasks));
        let Some(asked) = joining.answer(self.site.deadline).await else {
            let sent = format!("POST {} initialize", self.site.url.path());
            let error = failure::no_answer(&NoAnswer::Mute, &self.site.place());
            return Err(Asked::failed(sent, began, error));
        };
        self.kept.joining = None;
        let Asked { sent, received, ms, outcome } = asked;
        match outcome {
            Ok((joined, identity)) => {
                let terms = joined.terms.clone();
                self.kept.session = Some(joined);
                self.identity = Some(identity);
                Ok(terms)
            }
            Err(error) => Err(Asked { sent, received, ms, outcome: Err(error) }),
        }
    }
}
