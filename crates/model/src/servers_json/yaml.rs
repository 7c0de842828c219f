//! YAML as the tree that everything here is read from. The parser is the one that the reader of the configuration uses.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span};
use serde_json::Number;

use super::FileError;
use super::tree::{DEEPEST, FaultAt, FileNode, Json, place};

/// The most values that aliases can repeat: a few lines of them could otherwise exceed the memory of a computer.
const MOST_REPEATED: usize = 100_000;

/// Reads the first document of a file; one without a value is null.
pub(super) fn parse(text: &str) -> Result<FileNode, FileError> {
    let from = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut reading =
        YamlReading { from, open: Vec::new(), root: None, anchors: HashMap::new(), repeated: 0 };
    for event in Parser::new_from_str(text.get(from..).unwrap_or_default()) {
        let taken = event
            .map_err(|error| (from + place_of(&error), error.info()))
            .and_then(|(event, span)| reading.take(event, &span));
        match taken {
            Ok(true) => {}
            Ok(false) => break,
            Err((at, message)) => {
                let (line, column) = place(text, at.min(text.len()));
                return Err(FileError { line, column, message });
            }
        }
    }
    Ok(reading.root.unwrap_or(FileNode { at: 0, value: Json::Null }))
}

fn place_of(error: &ScanError) -> usize {
    error.marker().byte_offset().unwrap_or_default()
}

/// A collection that has not ended yet.
struct OpenYaml {
    at: usize,
    anchor: usize,
    value: Half,
}

enum Half {
    List(Vec<FileNode>),
    /// The key that waits for its value.
    Map(Vec<(String, FileNode)>, Option<String>),
}

struct YamlReading {
    from: usize,
    open: Vec<OpenYaml>,
    root: Option<FileNode>,
    anchors: HashMap<usize, FileNode>,
    repeated: usize,
}

impl YamlReading {
    /// Takes one event; false when the document is over.
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<bool, FaultAt> {
        let at = self.from + span.byte_range().map_or(0, |range| range.start);
        match event {
            Event::DocumentEnd => return Ok(false),
            Event::Scalar(text, style, anchor, _) => {
                let value = if style == ScalarStyle::Plain {
                    plain(&text)
                } else {
                    Json::Text(text.clone().into_owned())
                };
                self.value(FileNode { at, value }, anchor, Some(text.as_ref()))?;
            }
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    return Err((at, "this alias refers to a value that has not ended yet".to_owned()));
                };
                self.repeated += size(&node);
                if self.repeated > MOST_REPEATED {
                    return Err((at, "its aliases repeat more than any list of servers holds".to_owned()));
                }
                self.value(node, 0, None)?;
            }
            Event::MappingStart(_, anchor, _) => self.begin(at, anchor, Half::Map(Vec::new(), None))?,
            Event::SequenceStart(_, anchor, _) => self.begin(at, anchor, Half::List(Vec::new()))?,
            Event::MappingEnd | Event::SequenceEnd => {
                if let Some(OpenYaml { at, anchor, value }) = self.open.pop() {
                    let value = match value {
                        Half::List(items) => Json::List(items),
                        Half::Map(entries, _) => Json::Map(entries),
                    };
                    self.value(FileNode { at, value }, anchor, None)?;
                }
            }
            _ => {}
        }
        Ok(true)
    }

    fn begin(&mut self, at: usize, anchor: usize, value: Half) -> Result<(), FaultAt> {
        if self.open.len() >= DEEPEST {
            return Err((
                at,
                format!("it nests deeper than {DEEPEST} levels: this is not a list of servers"),
            ));
        }
        self.open.push(OpenYaml { at, anchor, value });
        Ok(())
    }

    /// A complete value; `key` is its text where it is a key.
    fn value(&mut self, node: FileNode, anchor: usize, key: Option<&str>) -> Result<(), FaultAt> {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.value) {
            None => self.root = Some(node),
            Some(Half::List(items)) => items.push(node),
            Some(Half::Map(entries, waits)) => {
                if let Some(name) = waits.take() {
                    entries.push((name, node));
                } else {
                    let name = key.ok_or((node.at, "expected a key that is text".to_owned()))?;
                    *waits = Some(name.to_owned());
                }
            }
        }
        Ok(())
    }
}

fn size(node: &FileNode) -> usize {
    1 + match &node.value {
        Json::List(items) => items.iter().map(size).sum::<usize>(),
        Json::Map(entries) => entries.iter().map(|(_, node)| size(node)).sum(),
        _ => 0,
    }
}

/// What a word without quotes is, in YAML 1.2.
fn plain(text: &str) -> Json {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Json::Null,
        "true" | "True" | "TRUE" => return Json::Bool(true),
        "false" | "False" | "FALSE" => return Json::Bool(false),
        _ => {}
    }
    if let Ok(number) = text.parse::<i64>() {
        return Json::Number(number.into());
    }
    let looks_so = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    match text.parse::<f64>() {
        Ok(number) if looks_so => Number::from_f64(number).map_or(Json::NotFinite, Json::Number),
        _ => Json::Text(text.to_owned()),
    }
}
