//! Time stamps written by several items: `%{%d/%b/%Y %T}t.%{msec_frac}t %{%z}t` is one stamp.

use crate::schema::{Field, Kind};
use crate::template::sketch::{Draft, Part, Reach, Sketch};
use crate::template::strftime;
use crate::time::TimeLayout;

/// Longer texts are joined to nothing more: no stamp is as long, and each joining reads the whole text again.
const LONGEST: usize = 128;

/// The `strftime` text of a `t` item, `begin:` and `end:` taken off; `None` for other items and plain `%t`.
fn text(draft: &Draft) -> Option<&str> {
    let inside = draft.name.strip_suffix("}t")?;
    let argument = inside.split_once('{')?.1;
    let argument =
        argument.strip_prefix("begin:").or_else(|| argument.strip_prefix("end:")).unwrap_or(argument);
    Some(match argument {
        "sec" => "%s",
        "msec_frac" => "%3f",
        "usec_frac" => "%6f",
        "msec" | "usec" | "" => return None,
        text => text,
    })
}

/// Joins stamp items with at most two characters between them (no letters, no quotes) to one stamp each.
pub(super) fn join(sketch: &mut Sketch) {
    let mut joined: Vec<Part> = Vec::with_capacity(sketch.parts.len());
    let mut format = String::new();
    for part in sketch.parts.drain(..) {
        let text = match &part {
            Part::Column(draft) => text(draft).map(str::to_owned),
            Part::Literal(..) => None,
        };
        match (text, part) {
            (Some(text), Part::Column(draft)) if goes_on(&joined, &draft) && completes(&format, &text) => {
                let between = match joined.last() {
                    Some(Part::Literal(..)) => joined.pop(),
                    _ => None,
                };
                let between = match between {
                    Some(Part::Literal(text, _)) => text,
                    _ => String::new(),
                };
                if let Some(Part::Column(stamp)) = joined.last_mut() {
                    format = format!("{format}{between}{text}");
                    stamp.name.push_str(&between);
                    stamp.name.push_str(&draft.name);
                    stamp.place.end = draft.place.end;
                    restamp(stamp, &format);
                }
            }
            (Some(text), part) => {
                format = text;
                joined.push(part);
            }
            (None, part) => {
                if let Part::Column(_) = part {
                    format.clear();
                }
                joined.push(part);
            }
        }
    }
    sketch.parts = joined;
}

/// Whether what is read so far ends with a stamp of the same instant and little more.
fn goes_on(parts: &[Part], next: &Draft) -> bool {
    let (stamp, between) = match parts {
        [.., Part::Column(stamp), Part::Literal(between, _)] => (stamp, between.as_str()),
        [.., Part::Column(stamp)] => (stamp, ""),
        _ => return false,
    };
    let plain = |c: char| !c.is_alphanumeric() && !matches!(c, '"' | '[' | ']' | '%');
    let at_end = |draft: &Draft| draft.name.contains("{end:");
    between.len() <= 2 && between.chars().all(plain) && at_end(stamp) == at_end(next)
}

/// Whether `next` adds to a stamp written by `format`, rather than being a second stamp.
fn completes(format: &str, next: &str) -> bool {
    let addition = matches!(next, "%3f" | "%6f" | "%z" | "%Z");
    !format.is_empty()
        && format.len() <= LONGEST
        && (addition || matches!(strftime::layout(format), TimeLayout::Strftime(_)))
}

fn restamp(stamp: &mut Draft, format: &str) {
    stamp.meaning.field = Field::Time;
    stamp.meaning.kind = Kind::Time(strftime::layout(format));
    stamp.meaning.reach = if super::holds_blank(&stamp.meaning.kind) { Reach::Text } else { Reach::Token };
}
