//! The handshake of the legacy era. A server may need longer for it than a visit may take, and it keeps a session for us all
//! the same. So a handshake goes on by itself, the next visit waits for the same one, and a session that nobody wants any
//! more is ended.

use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use model::Identity;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::task::TaskTracker;

use super::super::question::{LEGACY, Question};
use super::ailment::{Ailment, Asked, initialized};
use super::written::Written;
use super::{ANSWER_LIMIT, Kept, Visit};
use crate::Remote;

/// No handshake takes longer: a server that is started again in the meantime is asked again.
const JOIN_LIMIT: Duration = Duration::from_secs(30);
/// How long one goes on that nobody waits for any more.
const GRACE: Duration = Duration::from_secs(2);
/// For the end of a session that nobody wants.
const LEAVE_LIMIT: Duration = Duration::from_secs(2);

/// A legacy session: its id, if the server gave one, and the revision that was agreed on.
#[derive(Debug, Clone)]
pub(super) struct Joined {
    pub(super) id: Option<String>,
    pub(super) version: String,
}

type Handshake = Asked<(Joined, Identity)>;

/// A handshake that is under way.
#[derive(Debug)]
pub(super) struct Joining(oneshot::Receiver<Handshake>);

impl Joining {
    fn begin(remote: &Remote, tasks: &TaskTracker) -> Self {
        let (told, answer) = oneshot::channel();
        tasks.spawn(tell(remote.clone(), told));
        Self(answer)
    }

    /// What came of it. `None` until there is something, at the latest after `deadline`.
    pub(super) async fn answer(&mut self, deadline: Instant) -> Option<Handshake> {
        timeout_at(deadline, &mut self.0).await.ok()?.ok()
    }
}

impl Joined {
    /// A server that knows no DELETE forgets the session by itself.
    pub(super) async fn leave(self, remote: &Remote, deadline: Instant) {
        let Some(id) = self.id else { return };
        let mut nothing = Kept::default();
        if let Ok(mut visit) = Visit::begin(remote, &mut nothing, deadline) {
            let _ = visit.ask(&Written::of(&Question::delete(&id)), ANSWER_LIMIT).await;
        }
    }
}

async fn tell(remote: Remote, mut told: oneshot::Sender<Handshake>) {
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

async fn handshake(remote: &Remote) -> Handshake {
    let began = Instant::now();
    let mut nothing = Kept::default();
    let mut visit = match Visit::begin(remote, &mut nothing, began + JOIN_LIMIT) {
        Ok(visit) => visit,
        Err(ailment) => return Asked::failed("initialize".to_owned(), began, ailment),
    };
    let asked = visit.ask(&Written::of(&Question::initialize(LEGACY)), ANSWER_LIMIT).await;
    let asked = asked.and_then(|answer| {
        let identity = initialized(&answer)?;
        let id = answer.header("mcp-session-id").map(str::to_owned);
        Ok((Joined { id, version: identity.protocol_version.clone() }, identity))
    });
    if let Ok((joined, _)) = &asked.outcome {
        let ready = Question::initialized(&joined.version, joined.id.as_deref());
        let _ = visit.ask(&Written::of(&ready), ANSWER_LIMIT).await;
    }
    asked
}

impl Visit<'_> {
    pub(super) async fn join(&mut self, tasks: &TaskTracker) -> Asked<Option<Identity>> {
        let began = Instant::now();
        let joining = self.kept.joining.get_or_insert_with(|| Joining::begin(self.site.remote, tasks));
        let Some(asked) = joining.answer(self.site.deadline).await else {
            let sent = self.site.words_for(&Written::of(&Question::initialize(LEGACY)));
            return Asked::failed(sent, began, Ailment::Silent);
        };
        self.kept.joining = None;
        asked.and_then(|(joined, identity)| {
            self.kept.session = Some(joined);
            Ok(Some(identity))
        })
    }
}
