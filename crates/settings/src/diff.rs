//! The difference between two texts, by lines.

use api::{DiffLine as Line, LineFate as Fate};

/// Beyond this many pairs of lines, the difference is one block.
const MOST_PAIRS: usize = 4_000_000;

/// How many lines around a difference belong to it.
const AROUND: usize = 3;

/// The difference, with some lines around it; nothing where there is none.
pub fn diff(old: &str, new: &str) -> Vec<Line> {
    let lines = whole(old, new);
    let near = |at: usize| {
        let from = at.saturating_sub(AROUND);
        lines.iter().skip(from).take(at + AROUND + 1 - from).any(|line| line.fate != Fate::Kept)
    };
    let keep: Vec<bool> = (0..lines.len()).map(near).collect();
    lines.into_iter().zip(keep).filter_map(|(line, is_near)| is_near.then_some(line)).collect()
}

fn whole(old: &str, new: &str) -> Vec<Line> {
    let (old, new): (Vec<&str>, Vec<&str>) =
        (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let head = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let most = old.len().min(new.len()) - head;
    let tail = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(old, new)| old == new).count();
    let middle = |lines: &[&str]| head..lines.len() - tail;
    let start = (0..head).map(|at| (at, at));
    let inner = common(old.get(middle(&old)).unwrap_or_default(), new.get(middle(&new)).unwrap_or_default());
    let inner = inner.into_iter().map(|(one, other)| (head + one, head + other));
    let end = (0..tail).rev().map(|back| (old.len() - 1 - back, new.len() - 1 - back));
    let last = [(old.len(), new.len())];
    let (mut lines, mut at, mut now) = (Vec::new(), 0, 0);
    for (one, other) in start.chain(inner).chain(end).chain(last) {
        lines.extend((at..one).filter_map(|at| line(Fate::Removed, Some(at), None, &old, at)));
        lines.extend((now..other).filter_map(|now| line(Fate::Added, None, Some(now), &new, now)));
        lines.extend(line(Fate::Kept, Some(one), Some(other), &old, one));
        (at, now) = (one + 1, other + 1);
    }
    lines
}

fn line(fate: Fate, old: Option<usize>, new: Option<usize>, lines: &[&str], at: usize) -> Option<Line> {
    let text = lines.get(at)?.trim_end_matches(['\r', '\n']).to_owned();
    Some(Line { fate, old: old.map(|at| at + 1), new: new.map(|at| at + 1), text })
}

/// The longest sequence of lines that both have, as pairs of places.
fn common(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    if old.len().saturating_mul(new.len()) > MOST_PAIRS {
        return Vec::new();
    }
    let width = new.len() + 1;
    let mut longest = vec![0_u32; (old.len() + 1) * width];
    let of =
        |longest: &[u32], one: usize, other: usize| longest.get(one * width + other).copied().unwrap_or(0);
    for (one, line) in old.iter().enumerate().rev() {
        for (other, there) in new.iter().enumerate().rev() {
            let best = if line == there {
                of(&longest, one + 1, other + 1) + 1
            } else {
                of(&longest, one + 1, other).max(of(&longest, one, other + 1))
            };
            if let Some(cell) = longest.get_mut(one * width + other) {
                *cell = best;
            }
        }
    }
    let (mut pairs, mut one, mut other) = (Vec::new(), 0, 0);
    while let (Some(line), Some(there)) = (old.get(one), new.get(other)) {
        if line == there {
            pairs.push((one, other));
            (one, other) = (one + 1, other + 1);
        } else if of(&longest, one + 1, other) >= of(&longest, one, other + 1) {
            one += 1;
        } else {
            other += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(old: &str, new: &str) -> String {
        let mark = |fate| match fate {
            Fate::Kept => ' ',
            Fate::Removed => '-',
            Fate::Added => '+',
        };
        let lines = diff(old, new).into_iter().map(|line| format!("{}{}|", mark(line.fate), line.text));
        lines.collect::<Vec<_>>().concat()
    }

    #[test]
    fn what_differs_is_told_with_what_is_around_it() {
        assert_eq!(told("a\nb\n", "a\nb\n"), "");
        assert_eq!(told("", "a\n"), "+a|");
        assert_eq!(told("a\nb\nc\n", "a\nx\nc\n"), " a|-b|+x| c|");
        assert_eq!(
            told("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n6\n7\n8\n9\nz\n"),
            " 2| 3| 4|-5| 6| 7| 8| 9|+z|"
        );
        assert_eq!(told("a\nb\nc\nd\n", "b\nX\nd\na\n"), "-a| b|-c|+X| d|+a|");
        let lines = diff("a\nb\n", "b\n");
        assert_eq!(
            (lines[0].old, lines[0].new, lines[1].old, lines[1].new),
            (Some(1), None, Some(2), Some(1))
        );
    }
}
