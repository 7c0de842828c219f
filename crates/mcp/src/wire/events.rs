//! An event stream as servers write it (HTML standard, section 9.2): LF, CR and CRLF line ends, comments,
//! events over several `data` lines. The bytes come from a stranger, so an event has a size cap.

use std::sync::Arc;

/// One event with data. Events without data (priming events, keep-alives) are not reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StreamEvent {
    /// The `event` field; `message` when there is none.
    pub(crate) name: String,
    /// The `data` lines, joined.
    pub(crate) data: String,
    /// The last `id` so far. Shared: a server may send one long id and then thousands of short events.
    pub(crate) id: Option<Arc<str>>,
}

/// An event grew over the cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventTooLarge;

/// Reads events out of chunks that may be cut anywhere.
#[derive(Debug)]
pub(crate) struct EventReader {
    limit: usize,
    line: Vec<u8>,
    after_cr: bool,
    first_line: bool,
    name: String,
    data: String,
    has_data: bool,
    /// The last `id` seen, that of events without data included.
    pub(crate) id: Option<Arc<str>>,
    /// The time between two connections that the server requested, in milliseconds.
    pub(crate) retry_ms: Option<u64>,
}

impl EventReader {
    /// `limit` bounds one event and one line, in bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            line: Vec::new(),
            after_cr: false,
            first_line: true,
            name: String::new(),
            data: String::new(),
            has_data: false,
            id: None,
            retry_ms: None,
        }
    }

    /// From here on events and lines can be this long.
    pub(crate) fn grow(&mut self, limit: usize) {
        self.limit = self.limit.max(limit);
    }

    /// The start of the data of the event that is not complete yet.
    pub(crate) fn begun(&self) -> &[u8] {
        if self.has_data {
            return self.data.as_bytes();
        }
        self.line.strip_prefix(b"data:").unwrap_or_default()
    }

    /// Takes the next chunk and returns the events that it completed.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<Vec<StreamEvent>, EventTooLarge> {
        let mut events = Vec::new();
        let mut rest = chunk;
        while let Some(&first) = rest.first() {
            let is_second_half_of_crlf = first == b'\n' && std::mem::take(&mut self.after_cr);
            self.after_cr = false;
            if is_second_half_of_crlf {
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            if self.line.len() + text.len() > self.limit {
                return Err(EventTooLarge);
            }
            self.line.extend_from_slice(text);
            let Some(end) = end else { break };
            self.after_cr = rest.get(end) == Some(&b'\r');
            rest = rest.get(end + 1..).unwrap_or_default();
            events.extend(self.end_line()?);
        }
        Ok(events)
    }

    /// The stream ended. An incomplete event counts if its lines are complete.
    pub(crate) fn finish(&mut self) -> Option<StreamEvent> {
        if !self.line.is_empty() && self.end_line().is_err() {
            return None;
        }
        self.end_event()
    }

    fn end_line(&mut self) -> Result<Option<StreamEvent>, EventTooLarge> {
        let bytes = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&bytes);
        let line = if std::mem::take(&mut self.first_line) {
            line.strip_prefix('\u{feff}').unwrap_or(&line)
        } else {
            &line
        };
        if line.is_empty() {
            return Ok(self.end_event());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        self.take_field(field, value.strip_prefix(' ').unwrap_or(value))?;
        Ok(None)
    }

    fn take_field(&mut self, field: &str, value: &str) -> Result<(), EventTooLarge> {
        match field {
            "event" => value.clone_into(&mut self.name),
            "id" if !value.contains('\0') => self.id = Some(value.into()),
            "retry" => self.retry_ms = value.parse().ok().or(self.retry_ms),
            "data" => {
                if self.data.len() + value.len() > self.limit {
                    return Err(EventTooLarge);
                }
                if self.has_data {
                    self.data.push('\n');
                }
                self.data.push_str(value);
                self.has_data = true;
            }
            _ => {}
        }
        Ok(())
    }

    fn end_event(&mut self) -> Option<StreamEvent> {
        let name = std::mem::take(&mut self.name);
        let data = std::mem::take(&mut self.data);
        let had_data = std::mem::take(&mut self.has_data);
        let name = if name.is_empty() { "message".to_owned() } else { name };
        (had_data && !data.is_empty()).then(|| StreamEvent { name, data, id: self.id.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let mut reader = EventReader::new(1024);
        let events = reader.push(text.as_bytes()).unwrap();
        events.into_iter().map(|event| (event.name, event.data)).collect()
    }

    #[test]
    fn line_ends_of_every_kind_give_the_same_events() {
        let lf = "event: endpoint\ndata: /messages\n\ndata: a\ndata: b\n\n";
        let expected = vec![("endpoint".into(), "/messages".into()), ("message".into(), "a\nb".into())];
        for text in [lf.to_owned(), lf.replace('\n', "\r\n"), lf.replace('\n', "\r")] {
            assert_eq!(read(&text), expected, "{text:?}");
        }
    }

    #[test]
    fn priming_events_and_comments_are_skipped() {
        assert_eq!(
            read("id: 1\ndata:\n\n: ping\n\nretry: 10\n\ndata: x\n\n"),
            vec![("message".into(), "x".into())]
        );
    }

    #[test]
    fn the_last_event_may_lack_its_blank_line() {
        let mut reader = EventReader::new(1024);
        assert_eq!(reader.push(b"data: a\ndata: b").unwrap(), []);
        assert_eq!(reader.finish().map(|event| event.data).as_deref(), Some("a\nb"));
        assert_eq!(reader.finish(), None);
    }

    #[test]
    fn an_endless_line_is_cut_off() {
        let mut reader = EventReader::new(16);
        assert_eq!(reader.push(b"data: 0123456789abcdef"), Err(EventTooLarge));
    }

    #[test]
    fn an_endless_event_is_cut_off() {
        let mut reader = EventReader::new(16);
        assert_eq!(reader.push(b"data: 01234567\ndata: 01234567\ndata: 1\n"), Err(EventTooLarge));
    }

    #[test]
    fn one_long_id_is_kept_once_for_all_its_events() {
        let text = format!("id: {}\n{}", "x".repeat(1000), "data: a\n\n".repeat(3));
        let events = EventReader::new(1024).push(text.as_bytes()).unwrap();
        let ids: Vec<Arc<str>> = events.into_iter().filter_map(|event| event.id).collect();
        assert!(ids.len() == 3 && ids.iter().all(|id| Arc::ptr_eq(id, &ids[0])));
    }
}
