//! The event stream of revision 2024-11-05: opening it is the question, its first event the answer.

use model::{Era, Identity, Transport};

use super::super::exchange::OpenStream;
use super::super::line::next_event;
use super::super::question::{ID, LEGACY, Question};
use super::super::verdict::{self, Discovered, Initialized, Other};
use super::tools::Lister;
use super::{Asker, Path};
use crate::frame::Frame;

impl Asker {
    pub(super) async fn event_stream(&mut self, path: &str) -> Path {
        let mut stream = match self.line.stream(path).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(answer)) => {
                return match verdict::discovered(&answer) {
                    Discovered::Other(Other::NeedsSignIn(why)) => self.sign_in(path, Transport::Sse, why),
                    Discovered::Other(Other::Redirect(to)) => self.redirect(path, &to),
                    _ => Path::Absent(format!("no event stream: it answers HTTP {}", answer.status.as_u16())),
                };
            }
            Err(error) => return self.unanswered(path, error),
        };
        let first = self.line.next_of(&mut stream).await;
        let Some(event) = first.filter(|event| event.name == "endpoint") else {
            return Path::Nothing("its event stream does not begin with MCP's endpoint".to_owned());
        };
        let Some(messages) = self.same_origin(path, &event.data) else {
            return Path::Nothing("its event stream names an endpoint on another origin".to_owned());
        };
        stream.trust();
        let mut report = self.found(path, Transport::Sse, Some(Era::Legacy));
        match self.initialize_over(&mut stream, &messages).await {
            Some(identity) => {
                report.tools = self.list_over(&mut stream, &messages, &identity.protocol_version).await;
                report.identity = Some(identity);
            }
            None => {
                report.reason = Some("it names an endpoint, but `initialize` got no MCP answer".to_owned());
            }
        }
        Path::Settled(Box::new(report))
    }

    pub(super) async fn initialize_over(
        &mut self,
        stream: &mut OpenStream,
        messages: &str,
    ) -> Option<Identity> {
        let answer = self.ask_over(stream, messages, &Question::initialize(LEGACY)).await?;
        match verdict::initialized_frame(&answer) {
            Initialized::Legacy(identity) => Some(identity),
            _ => None,
        }
    }

    pub(super) async fn list_over(
        &mut self,
        stream: &mut OpenStream,
        messages: &str,
        version: &str,
    ) -> Option<u32> {
        self.quietly(messages, &Question::initialized(version, None)).await?;
        self.count_tools(Lister::Stream { stream, messages, version }).await
    }

    /// Posts a request; the answer comes over the stream.
    pub(super) async fn ask_over(
        &mut self,
        stream: &mut OpenStream,
        messages: &str,
        question: &Question,
    ) -> Option<Frame> {
        let deciding_ms = self.line.last_ms;
        let (deadline, abandoned) = (self.line.deadline(), self.line.abandoned.clone());
        let answered = async {
            loop {
                let event = next_event(stream, deadline, &abandoned).await?;
                if let Some(frame) = Frame::parse(event.data.as_bytes()).filter(|frame| frame.answers(ID)) {
                    return Some(frame);
                }
            }
        };
        let posted = async {
            self.line.ask(messages, question).await.ok().filter(|answer| answer.status.is_success())
        };
        // A refused POST has no answer to wait for.
        let both =
            futures::future::try_join(async { posted.await.ok_or(()) }, async { answered.await.ok_or(()) });
        let frame = both.await.ok().map(|(_, frame)| frame);
        self.line.last_ms = deciding_ms;
        frame
    }
}
