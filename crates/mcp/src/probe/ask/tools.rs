//! How many tools a server lists, all pages of them.

use super::super::exchange::OpenStream;
use super::super::question::Question;
use super::super::verdict;
use super::Asker;
use crate::frame::Frame;

/// How much of a list of tools is read once the server is known to be MCP, in bytes.
const LIST_LIMIT: usize = 1024 * 1024;
/// How many pages are counted.
const MOST_PAGES: usize = 20;

/// Where and how the list is asked for.
pub(super) enum Lister<'a> {
    Modern { path: &'a str, version: &'a str },
    Legacy { path: &'a str, version: &'a str, session: Option<&'a str> },
    Stream { stream: &'a mut OpenStream, messages: &'a str, version: &'a str },
}

impl Asker {
    /// `None` when the server did not say, or not in time.
    pub(super) async fn count_tools(&mut self, mut lister: Lister<'_>) -> Option<u32> {
        let mut count = 0_u32;
        let mut cursor = None;
        for _ in 0..MOST_PAGES {
            if self.line.is_over() {
                return None;
            }
            let answer = self.page(&mut lister, cursor.as_deref()).await;
            let (page, next) = verdict::tools(answer.as_ref())?;
            count = count.saturating_add(page);
            cursor = next;
            if cursor.is_none() {
                return Some(count);
            }
        }
        None
    }

    async fn page(&mut self, lister: &mut Lister<'_>, cursor: Option<&str>) -> Option<Frame> {
        match lister {
            Lister::Modern { path, version } => {
                self.quietly(path, &Question::modern_tools(version, cursor)).await?
            }
            Lister::Legacy { path, version, session } => {
                self.quietly(path, &Question::legacy_tools(version, *session, cursor)).await?
            }
            Lister::Stream { stream, messages, version } => {
                self.ask_over(stream, messages, &Question::legacy_tools(version, None, cursor)).await
            }
        }
    }

    /// Asks something after the verdict: its round trip does not count.
    pub(super) async fn quietly(&mut self, path: &str, question: &Question) -> Option<Option<Frame>> {
        let deciding_ms = self.line.last_ms;
        let answer = self.line.ask_within(path, question, LIST_LIMIT).await;
        self.line.last_ms = deciding_ms;
        answer.ok().map(|answer| answer.frame)
    }
}
