use serde_json::Number;

use super::field::Field;
use super::regexp::Regexp;

/// A filter over servers. Made by [`Filter::from_json`] or [`Filter::parse`]; both forms of one filter give equal
/// values, since nested conjunctions are flattened and single ones unwrapped.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// Every one holds; none at all is the filter that everything passes.
    All(Vec<Filter>),
    /// At least one holds. Never empty.
    Any(Vec<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// A field passes a test.
    Field(Field, Test),
    /// A word stands in the name, the address, the command or a capability, whatever its case. Never empty.
    Text(String),
}

/// What is asked of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// `$eq`.
    Eq(Operand),
    /// `$ne`; also passed by a missing field.
    Ne(Operand),
    /// `$gt`; numbers with numbers, text with text.
    Gt(Operand),
    /// `$gte`.
    Gte(Operand),
    /// `$lt`.
    Lt(Operand),
    /// `$lte`.
    Lte(Operand),
    /// `$in`.
    In(Vec<Operand>),
    /// `$nin`; also passed by a missing field.
    Nin(Vec<Operand>),
    /// `$exists`.
    Exists(bool),
    /// `$regex`, found anywhere in a text.
    Regex(Regexp),
}

/// What a field is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// `null`: the field is there and empty.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text.
    Text(String),
}

impl Filter {
    /// What everything passes.
    pub fn everything() -> Self {
        Self::All(Vec::new())
    }

    /// Whether everything passes, without looking.
    pub fn is_everything(&self) -> bool {
        matches!(self, Self::All(parts) if parts.is_empty())
    }

    /// All of these.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::All(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { Self::All(flat) }
    }

    /// Any of these. Of none: what nothing passes.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Any(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Self::not(Self::everything()),
            1 => flat.remove(0),
            _ => Self::Any(flat),
        }
    }

    /// The opposite. The opposite of "is there" is "is not there".
    #[expect(
        clippy::should_implement_trait,
        reason = "a constructor beside `all` and `any`, not an operator"
    )]
    pub fn not(part: Self) -> Self {
        match part {
            Self::Field(field, Test::Exists(there)) => Self::Field(field, Test::Exists(!there)),
            other => Self::Not(Box::new(other)),
        }
    }

    /// The parts that must all hold: the whole filter when it is no conjunction. An index may serve any one of them and
    /// leave the rest to [`Filter::matches`].
    pub fn conjuncts(&self) -> &[Self] {
        match self {
            Self::All(parts) => parts,
            other => std::slice::from_ref(other),
        }
    }

    /// How deep connectives nest.
    pub(super) fn depth(&self) -> usize {
        match self {
            Self::All(parts) | Self::Any(parts) => 1 + parts.iter().map(Self::depth).max().unwrap_or(0),
            Self::Not(part) => 1 + part.depth(),
            Self::Field(..) | Self::Text(_) => 0,
        }
    }

    /// How many tests and values there are.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::All(parts) | Self::Any(parts) => 1 + parts.iter().map(Self::size).sum::<usize>(),
            Self::Not(part) => 1 + part.size(),
            Self::Field(_, Test::In(values) | Test::Nin(values)) => 1 + values.len(),
            Self::Field(..) | Self::Text(_) => 1,
        }
    }
}
