//! The event stream, squeezed for clients that read gzip. Events of one server resemble each other, so that what hundreds of
//! them a second take is a small part of their text.

use std::io;

use async_compression::tokio::write::GzipEncoder;
use axum::body::{Body, Bytes};
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use futures::{StreamExt, stream};
use tokio::io::AsyncWriteExt;

/// Whether the client reads gzip.
pub(crate) fn reads_gzip(headers: &HeaderMap) -> bool {
    let offers = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    offers.flat_map(|offer| offer.split(',')).any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|coding| coding.eq_ignore_ascii_case("gzip"));
        is_gzip && parts.all(|part| !matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

/// The same response in gzip. What came goes out at once: nothing waits for more to squeeze.
pub(crate) fn gzip(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    parts.headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    let chunks = body.into_data_stream();
    let encoder = GzipEncoder::new(Vec::new());
    let squeezed = stream::unfold((chunks, encoder), |(mut chunks, mut encoder)| async move {
        let chunk = chunks.next().await?;
        let squeezed = match chunk {
            Ok(chunk) => squeeze(&mut encoder, &chunk).await,
            Err(error) => Err(io::Error::other(error)),
        };
        Some((squeezed, (chunks, encoder)))
    });
    Response::from_parts(parts, Body::from_stream(squeezed))
}

async fn squeeze(encoder: &mut GzipEncoder<Vec<u8>>, chunk: &[u8]) -> io::Result<Bytes> {
    encoder.write_all(chunk).await?;
    encoder.flush().await?;
    Ok(std::mem::take(encoder.get_mut()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_ask_for_it() {
        let reads = |offer: &'static str| {
            reads_gzip(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(offer))]))
        };
        assert!(reads("gzip, deflate, br, zstd") && reads("br;q=1.0, GZIP;q=0.5"));
        assert!(!reads("br") && !reads("gzip;q=0, identity") && !reads("x-gzipped"));
        assert!(!reads_gzip(&HeaderMap::new()));
    }
}
