use super::ast::{Filter, Operand, Test};
use super::field::{Field, Own};
use crate::HealthStatus;
use crate::suggest::hint;

/// Joins a field and a test, for both forms: words of a status are brought to ours, and what can never be meant is
/// refused.
pub(super) fn join(field: Field, test: Test) -> Result<Filter, String> {
    let test = match field {
        Field::Own(Own::HealthStatus) => with_statuses(test)?,
        _ => test,
    };
    match &test {
        Test::Gt(value) | Test::Gte(value) | Test::Lt(value) | Test::Lte(value) => has_order(value)?,
        _ => {}
    }
    Ok(Filter::Field(field, test))
}

fn has_order(value: &Operand) -> Result<(), String> {
    match value {
        Operand::Number(_) | Operand::Text(_) => Ok(()),
        Operand::Null | Operand::Bool(_) => Err("only numbers and text have an order".into()),
    }
}

fn with_statuses(test: Test) -> Result<Test, String> {
    let many = |values: Vec<Operand>| values.iter().map(status).collect::<Result<Vec<_>, _>>();
    Ok(match test {
        Test::Eq(value) => Test::Eq(status(&value)?),
        Test::Ne(value) => Test::Ne(status(&value)?),
        Test::In(values) => Test::In(many(values)?),
        Test::Nin(values) => Test::Nin(many(values)?),
        Test::Exists(_) | Test::Regex(_) => test,
        Test::Gt(_) | Test::Gte(_) | Test::Lt(_) | Test::Lte(_) => {
            return Err("a status has no order: name the ones you mean, such as `is:(down,degraded)`".into());
        }
    })
}

fn status(value: &Operand) -> Result<Operand, String> {
    let words = HealthStatus::ALL.map(HealthStatus::filter_word);
    let Operand::Text(text) = value else {
        return Err(format!("a status is one of `{}`", words.join("`, `")));
    };
    let known = words.into_iter().chain(HealthStatus::ALL.map(HealthStatus::word));
    if let Some(status) = HealthStatus::of_any_word(text) {
        return Ok(status.word().into());
    }
    let hint = hint(text, known);
    let hint = if hint.is_empty() { format!(": it is one of `{}`", words.join("`, `")) } else { hint };
    Err(format!("`{text}` is no status{hint}"))
}
