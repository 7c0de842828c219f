//! The event stream of revision 2024-11-05: opening it is the request, its first event the answer.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use model::{Era, Transport};
use tokio::time::timeout;

use super::super::exchange::OpenStream;
use super::super::line::next_event;
use super::super::words;
use super::tools::Lister;
use super::{Asker, Path};
use crate::wire::answer::{Answer, BodyEnd, NoAnswer};
use crate::wire::events::StreamEvent;
use crate::wire::greet::{Carry, Greeting, Known, initialize};
use crate::wire::message::{Reply, messages as messages_in};
use crate::wire::pipe::EVENTS_BEFORE;
use crate::wire::refusal::{Refusal, may_want_another_name};
use crate::wire::terms::{LEGACY, Question};
use crate::wire::verdict::{Other, before_the_body, not_here};

/// A server whose answers come over an event stream.
struct Streamed<'a> {
    asker: &'a mut Asker,
    stream: &'a mut OpenStream,
    messages: &'a str,
}

impl Carry for Streamed<'_> {
    async fn ask(&mut self, question: &Question) -> Result<Answer, NoAnswer> {
        let reply = self.asker.ask_over(self.stream, self.messages, question).await.ok_or(NoAnswer::Mute)?;
        let (status, headers) = (StatusCode::OK, HeaderMap::new());
        Ok(Answer { status, headers, reply: Some(reply), body: Vec::new(), end: BodyEnd::Complete })
    }
}

/// How long a stream may take to name its endpoint where something else may answer at the same path.
const PROMPT: Duration = Duration::from_secs(2);

impl Asker {
    /// An event stream, if one answers at once.
    pub(super) async fn prompt_stream(&mut self, path: &str) -> Path {
        self.stream_within(path, PROMPT).await
    }

    pub(super) async fn event_stream(&mut self, path: &str) -> Path {
        self.stream_within(path, Duration::MAX).await
    }

    async fn stream_within(&mut self, path: &str, limit: Duration) -> Path {
        let mut stream = match self.line.stream(path).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(answer)) => return self.no_stream(path, &answer),
            Err(error) => return self.unanswered(path, error),
        };
        let named = timeout(limit, self.endpoint_of(&mut stream)).await;
        let Some(event) = named.ok().flatten() else {
            return Path::Nothing("its event stream does not begin with MCP's endpoint".to_owned());
        };
        let Some(messages) = self.same_place(path, &event.data) else {
            return Path::Nothing("its event stream names an endpoint on another origin".to_owned());
        };
        stream.trust();
        let mut report = self.found(path, Transport::Sse, Some(Era::Legacy));
        let mut streamed = Streamed { asker: self, stream: &mut stream, messages: &messages };
        match initialize(&mut streamed, &Known::era(Some(Era::Legacy)), LEGACY).await {
            Greeting::Met(met) => {
                self.end_handshake(&messages, &met.terms).await;
                let lister = Lister::Stream { stream: &mut stream, messages: &messages };
                self.contents(&met, lister, &mut report).await;
                report.identity = Some(met.said.identity);
            }
            _ => {
                report.reason = Some("it names an endpoint, but `initialize` got no MCP answer".to_owned());
            }
        }
        Path::Settled(Box::new(report))
    }

    /// MCP's way from the new transport to the old one: a server that takes no POST here may have an event stream at the
    /// same path.
    pub(super) async fn stream_or(&mut self, path: &str, otherwise: String) -> Path {
        let deciding_ms = self.line.last_ms;
        match Box::pin(self.event_stream(path)).await {
            Path::Absent(_) | Path::Nothing(_) => {
                self.line.last_ms = deciding_ms;
                Path::Absent(otherwise)
            }
            settled => settled,
        }
    }

    /// Others may come before it, such as a `ping`.
    async fn endpoint_of(&self, stream: &mut OpenStream) -> Option<StreamEvent> {
        for _ in 0..EVENTS_BEFORE {
            let event = self.line.next_of(stream).await?;
            if event.name == "endpoint" {
                return Some(event);
            }
        }
        None
    }

    fn no_stream(&mut self, path: &str, answer: &Answer) -> Path {
        let status = answer.status.as_u16();
        match before_the_body(answer) {
            Some(Other::Refused(_)) if may_want_another_name(answer) && self.take_other_name() => {
                Path::Again(path.to_owned())
            }
            Some(Other::Refused(refusal @ Refusal::SignIn)) => {
                self.sign_in(path, Transport::Sse, words::refusal(&refusal, status))
            }
            Some(Other::Redirect(to)) => self.redirect(path, &to),
            _ if matches!(answer.end, BodyEnd::Coded(_)) => match not_here(answer) {
                Other::NotHere(why) | Other::NotPosted(why) => Path::Nothing(why),
                _ => Path::Absent(String::new()),
            },
            _ => Path::Absent(format!("no event stream: it answers HTTP {status}")),
        }
    }

    /// Posts a request; the answer comes over the stream, perhaps among answers to others.
    pub(super) async fn ask_over(
        &mut self,
        stream: &mut OpenStream,
        messages: &str,
        question: &Question,
    ) -> Option<Reply> {
        let deciding_ms = self.line.last_ms;
        let (deadline, abandoned) = (self.line.deadline(), self.line.abandoned.clone());
        let answered = async {
            loop {
                let event = next_event(stream, deadline, &abandoned).await?;
                let mut found = messages_in(event.data.as_bytes()).into_iter();
                if let Some(reply) = found.find_map(|message| message.reply_to(question.id)) {
                    return Some(reply);
                }
            }
        };
        let posted = async {
            self.line.ask(messages, question).await.ok().filter(|answer| answer.status.is_success())
        };
        // A refused POST has no answer to wait for.
        let both =
            futures::future::try_join(async { posted.await.ok_or(()) }, async { answered.await.ok_or(()) });
        let reply = both.await.ok().map(|(_, reply)| reply);
        self.line.last_ms = deciding_ms;
        reply
    }
}
