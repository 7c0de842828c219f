//! `initialize`, and what follows it.

use model::{Era, Identity, Transport};

use super::super::question::{LEGACY, Question};
use super::super::verdict::{self, Initialized};
use super::tools::Lister;
use super::{Asker, Path};

impl Asker {
    pub(super) async fn legacy(&mut self, path: &str, version: &str) -> Path {
        let mut version = version.to_owned();
        for _ in 0..2 {
            let answer = match self.line.ask(path, &Question::initialize(&version)).await {
                Ok(answer) => answer,
                Err(error) => return self.unanswered(path, error),
            };
            match verdict::initialized(&answer) {
                Initialized::Legacy(identity) => {
                    let session = answer.header("mcp-session-id").map(str::to_owned);
                    return self.legacy_found(path, identity, session.as_deref()).await;
                }
                Initialized::OtherVersions(supported) => match newest_legacy(&supported) {
                    Some(next) => version = next,
                    None => break,
                },
                Initialized::Other(other) => return self.other(path, other).await,
            }
        }
        Path::Nothing("it speaks none of the revisions that we speak".to_owned())
    }

    pub(super) async fn legacy_found(
        &mut self,
        path: &str,
        identity: Identity,
        session: Option<&str>,
    ) -> Path {
        let mut report = self.found(path, Transport::Http, Some(Era::Legacy));
        report.tools = self.list_in_session(path, &identity.protocol_version, session).await;
        report.identity = Some(identity);
        Path::Settled(Box::new(report))
    }

    async fn list_in_session(&mut self, path: &str, version: &str, session: Option<&str>) -> Option<u32> {
        self.quietly(path, &Question::initialized(version, session)).await?;
        self.count_tools(Lister::Legacy { path, version, session }).await
    }
}

fn newest_legacy(supported: &[String]) -> Option<String> {
    supported.iter().filter(|version| version.as_str() <= LEGACY).max().cloned()
}
