use std::collections::BTreeSet;

use super::PlanError;

/// Which ports to ask, and which of them a person named. A named port is asked even if it is one that a scan
/// leaves alone by itself (printers, databases); one that lies in a range is not named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortSet {
    ports: BTreeSet<u16>,
    named: BTreeSet<u16>,
}

impl PortSet {
    /// [`mcp::USUAL_PORTS`].
    pub fn usual() -> Self {
        Self { ports: mcp::USUAL_PORTS.iter().copied().collect(), named: BTreeSet::new() }
    }

    /// Reads `8080`, `3000-3010`, each also as a comma-separated list.
    pub fn parse<T: AsRef<str>>(words: &[T]) -> Result<Self, PlanError> {
        let (mut ports, mut named) = (BTreeSet::new(), BTreeSet::new());
        for part in words.iter().flat_map(|word| word.as_ref().split(',')).map(str::trim) {
            let range = range(part)?;
            named.extend(Some(*range.start()).filter(|first| first == range.end()));
            ports.extend(range);
        }
        Ok(Self { ports, named })
    }

    /// In ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.ports.iter().copied()
    }

    /// In ascending order, and whether a person named each.
    pub(super) fn into_iter(self) -> impl Iterator<Item = (u16, bool)> + Send {
        let Self { ports, named } = self;
        ports.into_iter().map(move |port| (port, named.contains(&port)))
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ports.len()
    }

    /// None.
    pub fn is_empty(&self) -> bool {
        self.ports.is_empty()
    }
}

fn range(part: &str) -> Result<std::ops::RangeInclusive<u16>, PlanError> {
    let (first, last) = part.split_once('-').unwrap_or((part, part));
    match (port(first), port(last)) {
        (Some(first), Some(last)) if first <= last => Ok(first..=last),
        _ => Err(PlanError::BadPorts(part.to_owned())),
    }
}

fn port(text: &str) -> Option<u16> {
    text.trim().parse().ok().filter(|&port| port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_ranges_are_read_once_each_and_in_order() {
        let set = PortSet::parse(&["8080,3000-3002", "3001"]).unwrap();
        assert_eq!(set.iter().collect::<Vec<_>>(), [3000, 3001, 3002, 8080]);
    }

    #[test]
    fn a_port_in_a_range_is_not_named() {
        let set = PortSet::parse(&["9099-9101,9101", "515-515"]).unwrap();
        let named: Vec<_> = set.into_iter().collect();
        assert_eq!(named, [(515, true), (9099, false), (9100, false), (9101, true)]);
    }

    #[test]
    fn what_is_no_port_is_named() {
        for bad in ["0", "65536", "http", "3010-3000", "", "80-"] {
            let error = PortSet::parse(&[bad]).unwrap_err();
            assert!(error.to_string().contains(&format!("`{bad}`")), "{error}");
        }
    }
}
