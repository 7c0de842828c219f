//! A server's own health endpoint: a path, or a URL that may be anywhere its server may be.

use model::Reach;
use tokio::time::Instant;
use url::Url;

use super::super::words;
use super::ailment::{Ailment, Asked};
use super::written::Written;
use super::{ANSWER_LIMIT, Kept, Visit};
use crate::Remote;

impl Visit<'_> {
    /// The status of a health endpoint. Credentials are sent only on the server's own origin; on another, nothing at all is
    /// sent to an address beyond `farthest`.
    pub async fn health(remote: &Remote, place: &str, farthest: Reach, deadline: Instant) -> Asked<u16> {
        let began = Instant::now();
        let mut kept = Kept::default();
        let base = Url::parse(&remote.url).ok();
        let Some(url) = base.as_ref().and_then(|base| base.join(place).ok()) else {
            let ailment = Ailment::Invalid(format!("the health endpoint `{}` is no URL", words::tame(place)));
            return Asked::failed(format!("GET {}", words::tame(place)), began, ailment);
        };
        let is_own = base.is_some_and(|base| base.origin() == url.origin());
        let remote = if is_own { Remote { url: url.into(), ..remote.clone() } } else { Remote::new(url) };
        match Visit::begin(&remote, &mut kept, deadline) {
            Ok(mut visit) => {
                visit.site.farthest = (!is_own).then_some(farthest);
                visit.ask(&Written::get(), ANSWER_LIMIT).await.and_then(|answer| Ok(answer.status.as_u16()))
            }
            Err(ailment) => Asked::failed("GET".to_owned(), began, ailment),
        }
    }
}
