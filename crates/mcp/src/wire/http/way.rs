//! How a server is reached at the moment: under which name, at which path, over which connections. It changes when the
//! server requires it, and stays changed for the conversation.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyDataStream, BodyExt as _, Full};
use url::Url;

use super::direct::DirectBody;
use super::site::{IDLE, Site, SiteRoute};
use crate::wire::answer::{Answer, Limits, NoAnswer, read_answer};
use crate::wire::redirect;
use crate::wire::refusal::may_want_another_name;
use crate::wire::terms::Question;
use crate::{USER_AGENT, failure};

/// An answer whose body is still to come.
pub(crate) type SiteResponse = Response<SiteBody>;

/// `Accept`, `User-Agent`, `Host` and the length, which are added to our headers on the way.
const OTHER_HEADERS: usize = 4;
/// How often one request is redirected: another name, redirects.
const MOST_TURNS: usize = 4;

/// The way to a server.
pub(crate) struct Way {
    site: Site,
    state: Mutex<WayState>,
}

struct WayState {
    /// The current name of the place.
    url: Arc<Url>,
    /// The ways there; the first is the one that worked.
    routes: Arc<[SiteRoute]>,
    idle: Duration,
    has_tried_other_name: bool,
}

/// The connection of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhichConnection {
    /// A kept one, if there is one.
    Kept,
    /// A new one: a kept one has failed.
    New,
}

/// The first part of an answer.
pub(crate) enum Begun {
    /// A whole answer.
    Answer(Answer),
    /// A body that is still to come.
    Body(Head, SiteBody),
}

/// Status and headers.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}

impl Way {
    pub(crate) fn to(site: Site) -> Result<Self, NoAnswer> {
        let routes = site.routes(&site.url, IDLE)?;
        let url = Arc::new(site.url.clone());
        let state = WayState { url, routes, idle: IDLE, has_tried_other_name: false };
        Ok(Self { site, state: Mutex::new(state) })
    }

    /// The current name of the place.
    pub(crate) fn url(&self) -> Arc<Url> {
        self.lock().url.clone()
    }

    /// Sends a request. Another name or path is followed, and remembered.
    pub(crate) async fn send(
        &self,
        question: &Question,
        over: WhichConnection,
        limits: Limits,
    ) -> Result<Begun, NoAnswer> {
        let mut begun = self.send_once(question, over).await?;
        for _ in 0..MOST_TURNS {
            let Begun::Body(head, _) = &begun else { return Ok(begun) };
            self.heed_keep_alive(&head.headers);
            if !leads_on(head.status) {
                return Ok(begun);
            }
            let Begun::Body(head, body) = begun else { return Ok(begun) };
            let Head { status, headers } = head;
            let reading = read_answer(status, headers, body, question.id, limits, &self.site.secrets);
            let answer = Box::pin(reading).await;
            if !self.take_other_way(&answer)? {
                return Ok(Begun::Answer(answer));
            }
            begun = self.send_once(question, over).await?;
        }
        Ok(begun)
    }

    /// Sends it to another path of this place: the endpoint of an event stream.
    pub(crate) async fn send_to(&self, url: Url, question: &Question) -> Result<SiteResponse, NoAnswer> {
        let mut url = url;
        for _ in 0..MOST_TURNS {
            let response = self.over_a_route(&url, question, WhichConnection::Kept).await?;
            self.heed_keep_alive(response.headers());
            let location = response.headers().get("location").and_then(|location| location.to_str().ok());
            let path = location.filter(|_| matches!(response.status().as_u16(), 307 | 308));
            let next = path.and_then(|location| redirect::same_place(&url, location));
            match next.and_then(|path| url.join(&path).ok()) {
                Some(next) if next != url => url = next,
                _ => return Ok(response),
            }
        }
        self.over_a_route(&url, question, WhichConnection::Kept).await
    }

    async fn send_once(&self, question: &Question, over: WhichConnection) -> Result<Begun, NoAnswer> {
        self.over_a_route(&self.url(), question, over).await.map(begun)
    }

    /// The ways in their order, as long as nothing was sent.
    async fn over_a_route(
        &self,
        url: &Url,
        question: &Question,
        over: WhichConnection,
    ) -> Result<SiteResponse, NoAnswer> {
        let routes = match over {
            WhichConnection::Kept => self.lock().routes.clone(),
            WhichConnection::New => self.site.routes(url, Duration::ZERO)?,
        };
        let mut failure = NoAnswer::Unreachable("there is no address to connect to".to_owned());
        for (place, route) in routes.iter().enumerate() {
            let sent = self.over(route, url, question).await;
            match sent {
                Err(why @ (NoAnswer::Refused | NoAnswer::Unreachable(_))) => failure = why,
                sent => {
                    if place > 0 && over == WhichConnection::Kept {
                        let mut routes = routes.to_vec();
                        routes.swap(0, place);
                        self.lock().routes = routes.into();
                    }
                    return sent;
                }
            }
        }
        Err(failure)
    }

    async fn over(
        &self,
        route: &SiteRoute,
        url: &Url,
        question: &Question,
    ) -> Result<SiteResponse, NoAnswer> {
        match route {
            SiteRoute::Direct { client, address, host } => {
                let mut request = http::Request::new(Full::new(question.body.clone()));
                *request.method_mut() = question.method.clone();
                *request.uri_mut() = self.site.target(url)?;
                let headers = request.headers_mut();
                self.write_headers(headers, question);
                headers.insert(header::HOST, host.clone());
                // As the other client has them.
                headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
                headers.entry(header::ACCEPT).or_insert(HeaderValue::from_static("*/*"));
                Ok(client.send(*address, request).await?.map(SiteBody::Direct))
            }
            SiteRoute::Named(client) => {
                let mut request = reqwest::Request::new(question.method.clone(), self.site.asked(url));
                self.write_headers(request.headers_mut(), question);
                if !question.body.is_empty() {
                    *request.body_mut() = Some(question.body.clone().into());
                }
                // An error of reqwest knows the URL, and there may be a key in it.
                let sent = Box::pin(client.execute(request)).await;
                let response = sent.map_err(|error| failure::of_reqwest(&error.without_url()))?;
                Ok(Response::from(response).map(|body| SiteBody::Named(body.into_data_stream())))
            }
        }
    }

    fn write_headers(&self, headers: &mut HeaderMap, question: &Question) {
        headers.reserve(self.site.headers.len() + question.headers.len() + OTHER_HEADERS);
        let asked = question.headers.iter().map(|(name, value)| (name, value));
        for (name, value) in self.site.headers.iter().chain(asked) {
            headers.append(name.clone(), value.clone());
        }
    }

    fn take_other_way(&self, answer: &Answer) -> Result<bool, NoAnswer> {
        let mut state = self.lock();
        if may_want_another_name(answer) {
            let tried = std::mem::replace(&mut state.has_tried_other_name, true);
            let Some(url) = self.site.other_name().filter(|_| !tried) else { return Ok(false) };
            state.routes = self.site.routes(&url, state.idle)?;
            state.url = Arc::new(url);
            return Ok(true);
        }
        let Some(path) = redirect::target(&state.url, answer) else { return Ok(false) };
        let Ok(url) = state.url.join(&path) else { return Ok(false) };
        let is_new = url != *state.url;
        state.url = Arc::new(url);
        Ok(is_new)
    }

    /// A server may keep idle connections for less than most do; ours are closed a second before.
    fn heed_keep_alive(&self, headers: &HeaderMap) {
        let Some(timeout) =
            headers.get("keep-alive").and_then(|value| value.to_str().ok()).and_then(timeout_of)
        else {
            return;
        };
        let idle = timeout.saturating_sub(Duration::from_secs(1)).min(IDLE);
        let mut state = self.lock();
        if idle != state.idle
            && let Ok(routes) = self.site.routes(&state.url, idle)
        {
            (state.idle, state.routes) = (idle, routes);
        }
    }

    fn lock(&self) -> MutexGuard<'_, WayState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn begun(response: SiteResponse) -> Begun {
    let (head, body) = response.into_parts();
    Begun::Body(Head { status: head.status, headers: head.headers }, body)
}

fn leads_on(status: StatusCode) -> bool {
    matches!(status.as_u16(), 307 | 308 | 403 | 421)
}

/// `timeout=5, max=100`.
fn timeout_of(value: &str) -> Option<Duration> {
    let mut parts = value.split(',').filter_map(|part| part.trim().split_once('='));
    let (_, seconds) = parts.find(|(name, _)| name.trim().eq_ignore_ascii_case("timeout"))?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

/// A body that is still to come.
pub(crate) enum SiteBody {
    Direct(DirectBody),
    Named(BodyDataStream<reqwest::Body>),
}

impl Stream for SiteBody {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.get_mut() {
            Self::Direct(body) => Pin::new(body).poll_next(context),
            Self::Named(body) => {
                let next = ready!(Pin::new(body).poll_next(context));
                Poll::Ready(next.map(|chunk| chunk.map_err(|error| io::Error::other(error.without_url()))))
            }
        }
    }
}
