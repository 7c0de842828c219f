use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use model::Era;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use super::{Channel, Session};
use crate::wire::behind::behind;
use crate::wire::greet::Met;
use crate::wire::http::Http;
use crate::wire::patience::Patience;
use crate::wire::pipe::{Carrier, Failed, Pipe, SharedPipe, Sse, Stdio};
use crate::wire::place::ConversationPlace;
use crate::wire::scrub::Scrub;
use crate::wire::{BoundedClient, Client};
use crate::{Launch, McpError, Remote, Target};

/// How long a connect continues when nothing waits for it any more.
const CONNECT_GRACE: Duration = Duration::from_secs(2);
/// How long to wait for a server that may not know the first request; for a child process, which may be starting, at least
/// this long.
const FIRST_ANSWER: Duration = Duration::from_secs(10);

/// The parts of a conversation.
struct Beginning {
    place: ConversationPlace,
    answers: Arc<BoundedClient>,
    tasks: TaskTracker,
    over: CancellationToken,
    /// Whether nothing waits for it any more.
    unwanted: CancellationToken,
}

pub(super) async fn connect(
    target: &Target,
    patience: Patience,
    client: Arc<dyn Client>,
    tasks: &TaskTracker,
) -> Result<Session, McpError> {
    let place = place(target);
    let beginning = Beginning::new(place.clone(), client);
    let (unwanted, beneath) = (beginning.unwanted.clone(), beginning.tasks.clone());
    let on_drop = unwanted.clone().drop_guard();
    let connecting = beginning.begin(target.clone(), patience);
    let connecting = tasks.spawn(or_close(connecting, unwanted, beneath));
    match patience.wait(&place, connecting).await {
        Some(Ok(Some(Ok(session)))) => {
            on_drop.disarm();
            Ok(session)
        }
        Some(Ok(Some(Err(error)))) => Err(place.explain(place.scrub(error))),
        Some(_) => Err(McpError::Lost {
            message: "connecting failed unexpectedly; this is a defect of MCP Discovery".to_owned(),
        }),
        // A child that writes junk never answers: the junk is the better reason.
        None => Err(place.last_words().unwrap_or(McpError::Timeout { after: patience.silence })),
    }
}

/// Continues for a moment when nothing waits any more, to close the result. A child process is killed; it is over when it is
/// gone.
async fn or_close(
    connecting: impl Future<Output = Result<Session, McpError>>,
    unwanted: CancellationToken,
    beneath: TaskTracker,
) -> Option<Result<Session, McpError>> {
    let mut connecting = pin!(connecting);
    tokio::select! {
        connected = &mut connecting => return Some(connected),
        () = unwanted.cancelled() => {}
    }
    if let Ok(Ok(session)) = timeout(CONNECT_GRACE, connecting).await {
        session.close().await;
    }
    beneath.close();
    let _ = timeout(CONNECT_GRACE, beneath.wait()).await;
    None
}

/// The place of the conversation, for messages.
fn place(target: &Target) -> ConversationPlace {
    match target {
        Target::Http(remote) | Target::Sse(remote) => {
            ConversationPlace::new(&authority(&remote.url)).hiding(Scrub::of_remote(remote))
        }
        Target::Stdio(launch) => ConversationPlace::new(&format!("`{}`", launch.command))
            .heard_by(launch.stderr.clone())
            .hiding(Scrub::of_launch(launch))
            .leading_to(behind(&launch.args)),
    }
}

/// `host:port` without anything that may be secret.
fn authority(url: &str) -> String {
    let Ok(url) = Url::parse(url) else { return "the server".to_owned() };
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or_default())
}

impl Beginning {
    fn new(place: ConversationPlace, client: Arc<dyn Client>) -> Self {
        let answers = Arc::new(BoundedClient::new(client));
        let (over, unwanted) = (CancellationToken::new(), CancellationToken::new());
        Self { place, answers, tasks: TaskTracker::new(), over, unwanted }
    }

    async fn begin(self, target: Target, patience: Patience) -> Result<Session, McpError> {
        match &target {
            Target::Http(remote) => {
                let (place, answers, tasks) = (self.place.clone(), self.answers.clone(), self.tasks.clone());
                let patience = (patience.whole / 2).min(FIRST_ANSWER);
                let (http, met) =
                    Http::begin(remote, place, answers, tasks, self.over.clone(), patience).await?;
                Ok(self.session(Channel::Http(http), met))
            }
            Target::Sse(remote) => self.sse(remote).await,
            Target::Stdio(launch) => self.stdio(launch, patience).await,
        }
    }

    async fn sse(self, remote: &Remote) -> Result<Session, McpError> {
        let shared = self.shared();
        let carrier = Carrier::Sse(Sse::open(remote, &shared).await?);
        match Pipe::begin(shared, carrier, Some(Era::Legacy), None).await {
            Ok((pipe, met)) => Ok(self.session(Channel::Pipe(pipe), met)),
            Err((pipe, failed)) => {
                pipe.leave().await;
                Err(self.error(failed))
            }
        }
    }

    /// An unknown child process is asked in the modern way. Some break on a request that they do not know, or are silent for
    /// ever: they are started again and asked with `initialize`.
    async fn stdio(self, launch: &Launch, patience: Patience) -> Result<Session, McpError> {
        let patience = Some(patience.half(FIRST_ANSWER));
        let first = match self.child(launch, launch.era, patience).await {
            Ok((pipe, met)) => return Ok(self.session(Channel::Pipe(pipe), met)),
            Err(failed) => failed,
        };
        // It may have been updated since it was asked, so what was known may be wrong; a start that fails at once is not
        // repeated, and what a second one says is better than what the first did.
        let has_started = !matches!(&first, Failed::Broke(McpError::Unsent { .. }));
        let other = match launch.era {
            None | Some(Era::Modern) => Some(Era::Legacy),
            Some(Era::Legacy) => None,
        };
        if !has_started || self.unwanted.is_cancelled() {
            return Err(self.error(first));
        }
        match self.child(launch, other, patience).await {
            Ok((pipe, met)) => Ok(self.session(Channel::Pipe(pipe), met)),
            Err(Failed::Silent) => Err(self.error(first)),
            Err(failed) => Err(self.error(failed)),
        }
    }

    async fn child(
        &self,
        launch: &Launch,
        era: Option<Era>,
        patience: Option<Patience>,
    ) -> Result<(Arc<Pipe>, Met), Failed> {
        self.place.forget_end();
        let shared = self.shared();
        let carrier = Carrier::Stdio(Stdio::start(launch, &shared, &self.unwanted).map_err(Failed::Broke)?);
        match Pipe::begin(shared, carrier, era, patience).await {
            Ok(begun) => Ok(begun),
            Err((pipe, failed)) => {
                // Its last words come before its end; the next child must not wait for it.
                let leaving = pipe.clone();
                self.tasks.spawn(async move { leaving.leave().await });
                Err(failed)
            }
        }
    }

    fn shared(&self) -> Arc<SharedPipe> {
        SharedPipe::new(self.place.clone(), self.answers.clone(), self.tasks.clone())
    }

    fn error(&self, failed: Failed) -> McpError {
        match failed {
            Failed::Silent => self.place.last_words().unwrap_or_else(|| McpError::Lost {
                message: format!("{} was started and does not answer", self.place.name()),
            }),
            Failed::Refused(error) | Failed::Broke(error) => error,
        }
    }

    fn session(self, channel: Channel, met: Met) -> Session {
        let Self { place, answers, tasks, over, .. } = self;
        Session {
            identity: met.said.identity,
            offers: met.said.offers,
            left_out: met.said.left_out,
            channel,
            place,
            answers,
            tasks,
            over,
            mirrored: Mutex::new(None),
            is_left: false,
        }
    }
}

/// A conversation with a server that has sent everything in advance.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) async fn told(lines: &[u8], era: Era, deadline: Duration) -> Result<Session, McpError> {
    use crate::wire::Nobody;
    use crate::wire::pipe::told::ToldMessages;
    let beginning = Beginning::new(ConversationPlace::new("`child`"), Arc::new(Nobody));
    let carrier = Carrier::Told(ToldMessages::new(lines));
    let begun = timeout(deadline, Pipe::begin(beginning.shared(), carrier, Some(era), None)).await;
    match begun.map_err(|_| McpError::Timeout { after: deadline })? {
        Ok((pipe, met)) => Ok(beginning.session(Channel::Pipe(pipe), met)),
        Err((_, failed)) => Err(beginning.error(failed)),
    }
}
