//! Lines of a server, with a cap on their length.

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// A line, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PipeLine {
    /// A line without its end.
    Text(Vec<u8>),
    /// Longer than the cap. The rest of it would come as lines of its own.
    TooLong,
    /// The stream ended.
    End,
}

/// Reads the next line of at most `limit` bytes. Cancelling it loses what was read of the line.
pub(crate) async fn next_line(reader: &mut (impl AsyncBufRead + Unpin), limit: usize) -> PipeLine {
    let mut line = Vec::new();
    loop {
        let (used, ended) = {
            let Ok(available) = reader.fill_buf().await else { return PipeLine::End };
            if available.is_empty() {
                return if line.is_empty() { PipeLine::End } else { PipeLine::Text(line) };
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let text = available.get(..end.unwrap_or(available.len())).unwrap_or_default();
            line.extend_from_slice(text);
            (text.len() + usize::from(end.is_some()), end.is_some())
        };
        reader.consume(used);
        if line.len() > limit {
            return PipeLine::TooLong;
        }
        if ended {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return PipeLine::Text(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_cut_at_either_end_of_line_and_too_long_ones_are_told() {
        let mut reader = tokio::io::BufReader::with_capacity(4, &b"ok\r\n\n0123456789\nlast"[..]);
        assert_eq!(next_line(&mut reader, 5).await, PipeLine::Text(b"ok".to_vec()));
        assert_eq!(next_line(&mut reader, 5).await, PipeLine::Text(b"".to_vec()));
        assert_eq!(next_line(&mut reader, 5).await, PipeLine::TooLong);
        assert!(matches!(next_line(&mut reader, 5).await, PipeLine::Text(_)));
        assert_eq!(next_line(&mut reader, 5).await, PipeLine::Text(b"last".to_vec()));
        assert_eq!(next_line(&mut reader, 5).await, PipeLine::End);
    }
}
