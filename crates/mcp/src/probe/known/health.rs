//! A server's own health endpoint: a path, or a URL at an address that is allowed for its server.

use model::Reach;
use tokio::time::Instant;
use url::Url;

use super::super::words;
use super::{ANSWER_LIMIT, Asked, Kept, Visit};
use crate::wire::terms::document;
use crate::{McpError, Remote};

impl Visit<'_> {
    /// The status of a health endpoint. Credentials are sent only on the server's own origin; on another, nothing at all is
    /// sent to an address beyond `farthest`.
    pub async fn health(remote: &Remote, place: &str, farthest: Reach, deadline: Instant) -> Asked<u16> {
        let began = Instant::now();
        let mut kept = Kept::default();
        let base = Url::parse(&remote.url).ok();
        let Some(url) = base.as_ref().and_then(|base| base.join(place).ok()) else {
            let message = format!("the health endpoint `{}` is not a URL", words::tame(place));
            let sent = format!("GET {}", words::tame(place));
            return Asked::failed(sent, began, McpError::InvalidTarget { message });
        };
        let is_own = base.is_some_and(|base| base.origin() == url.origin());
        let remote = if is_own { Remote { url: url.into(), ..remote.clone() } } else { Remote::new(url) };
        match Visit::begin(&remote, &mut kept, deadline) {
            Ok(mut visit) => {
                visit.site.farthest = (!is_own).then_some(farthest);
                let asked = visit.ask(&document("", "*/*"), ANSWER_LIMIT).await;
                asked.and_then(|answer| Ok(answer.status.as_u16()))
            }
            Err(error) => Asked::failed("GET".to_owned(), began, error),
        }
    }
}
