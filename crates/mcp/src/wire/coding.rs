//! We request uncompressed bytes (`Accept-Encoding: identity`). Some proxies compress anyway; their bytes are decoded here,
//! before any cap counts them.

use std::io;
use std::pin::Pin;

use async_compression::tokio::bufread::{
    BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder,
};
use bytes::Bytes;
use futures::future::Either;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use http::{HeaderMap, header};
use tokio::io::AsyncRead;
use tokio_util::io::{ReaderStream, StreamReader};

pub(crate) type Boxed = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// A coding that is not supported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnknownCoding(pub(crate) String);

/// The bytes of a body before they were compressed.
pub(crate) fn decoded<S>(headers: &HeaderMap, chunks: S) -> Result<Either<S, Boxed>, UnknownCoding>
where
    S: Stream<Item = io::Result<Bytes>> + Unpin + Send + 'static,
{
    let coding = coding(headers);
    if matches!(coding.as_str(), "" | "identity") {
        return Ok(Either::Left(chunks));
    }
    let mut chunks: Boxed = Box::pin(chunks);
    // Applied in the order in which they are named, so taken off from the last.
    for one in coding.rsplit(',').map(str::trim) {
        chunks = undo(one, chunks)?;
    }
    Ok(Either::Right(chunks))
}

fn coding(headers: &HeaderMap) -> String {
    let values = headers.get_all(header::CONTENT_ENCODING).iter();
    let texts: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    texts.join(",").trim().to_ascii_lowercase()
}

fn undo(coding: &str, chunks: Boxed) -> Result<Boxed, UnknownCoding> {
    Ok(match coding {
        "" | "identity" => chunks,
        "gzip" | "x-gzip" => {
            let mut decoder = GzipDecoder::new(StreamReader::new(chunks));
            decoder.multiple_members(true);
            read(decoder)
        }
        "br" => read(BrotliDecoder::new(StreamReader::new(chunks))),
        "zstd" => read(ZstdDecoder::new(StreamReader::new(chunks))),
        "deflate" => inflate(chunks),
        other => return Err(UnknownCoding(other.to_owned())),
    })
}

/// `deflate` means zlib's format (RFC 9110, 8.4.1.2); some servers send the raw one, which starts differently.
fn inflate(mut chunks: Boxed) -> Boxed {
    let first = async move {
        let Some(first) = chunks.next().await else { return Box::pin(stream::empty()) as Boxed };
        let is_zlib = first.as_ref().is_ok_and(|bytes| bytes.first().is_some_and(|byte| byte & 0x0f == 8));
        let all = StreamReader::new(stream::iter([first]).chain(chunks));
        if is_zlib { read(ZlibDecoder::new(all)) } else { read(DeflateDecoder::new(all)) }
    };
    Box::pin(stream::once(first).flatten())
}

fn read(decoder: impl AsyncRead + Send + 'static) -> Boxed {
    Box::pin(ReaderStream::new(decoder).map_ok(Bytes::from))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    async fn check(coding: &'static str, bytes: Vec<u8>) {
        let headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, coding.parse().unwrap())]);
        let pieces: Vec<_> = bytes.chunks(7).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let mut chunks = decoded(&headers, stream::iter(pieces)).unwrap();
        let mut text = Vec::new();
        while let Some(chunk) = chunks.next().await {
            text.extend_from_slice(&chunk.unwrap());
        }
        assert_eq!(String::from_utf8_lossy(&text), "grüß dich".repeat(50), "{coding}");
    }

    async fn squeezed(coding: &str) -> Vec<u8> {
        use async_compression::tokio::write::{
            BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder,
        };
        use tokio::io::AsyncWriteExt;
        let text = "grüß dich".repeat(50);
        macro_rules! squeeze {
            ($encoder:ident) => {{
                let mut encoder = $encoder::new(Vec::new());
                encoder.write_all(text.as_bytes()).await.unwrap();
                encoder.shutdown().await.unwrap();
                encoder.into_inner()
            }};
        }
        match coding {
            "gzip" => squeeze!(GzipEncoder),
            "br" => squeeze!(BrotliEncoder),
            "zstd" => squeeze!(ZstdEncoder),
            "zlib" => squeeze!(ZlibEncoder),
            _ => squeeze!(DeflateEncoder),
        }
    }

    #[tokio::test]
    async fn every_usual_coding_is_undone() {
        check("gzip", squeezed("gzip").await).await;
        check("X-Gzip", squeezed("gzip").await).await;
        check("br", squeezed("br").await).await;
        check("zstd", squeezed("zstd").await).await;
        check("deflate", squeezed("zlib").await).await;
        check("deflate", squeezed("raw").await).await;
        check("identity", "grüß dich".repeat(50).into_bytes()).await;
    }

    #[tokio::test]
    async fn a_coding_that_nobody_knows_is_named() {
        let headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, "rot13".parse().unwrap())]);
        let mut none = Vec::new();
        none.write_all(b"").unwrap();
        let refused = decoded(&headers, stream::empty()).err();
        assert_eq!(refused, Some(UnknownCoding("rot13".to_owned())));
    }
}
