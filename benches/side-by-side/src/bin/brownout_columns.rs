//! brownout as a library: every column of a line through `Format::parse`, or the columns that counting needs through
//! `Format::scanner`; requests per status.
//!
//! `brownout_columns every|counted FORMAT FILE`

use std::error::Error;

use brownout::input::{Blocks, Limits, Source, lines};
use brownout::{Choice, Field, FieldSet, Line, LineError, Options, Spans};
use side_by_side::statuses::Statuses;

/// What `triage` reads of a record.
const COUNTED: FieldSet = FieldSet::of(&[
    Field::Time,
    Field::Status,
    Field::Client,
    Field::Upstream,
    Field::UpstreamAddr,
    Field::UpstreamStatus,
    Field::Duration,
    Field::Reason,
]);

fn count(statuses: &mut Statuses, result: Result<Line<'_>, LineError>) {
    match result {
        Ok(Line::Access(record)) => statuses.add(record.status().map_or(0, brownout::Status::code)),
        Ok(_) => {}
        Err(_) => statuses.refuse(),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let every = match arguments.next().as_deref() {
        Some("every") => true,
        Some("counted") => false,
        _ => return Err("every or counted columns?".into()),
    };
    let format = arguments.next().ok_or("which format?")?;
    let path = arguments.next().ok_or("which file?")?;
    let mut input = Source::new(path).open(&Limits::default())?;
    let sample = input.sample(128 << 10)?.into_owned();
    let format = Choice::parse(&format, None)?.resolve(&Options::default(), &sample)?;
    let mut blocks = Blocks::new(input.into_reader());
    let mut statuses = Statuses::default();
    let mut spans = Spans::new();
    let mut scanner = format.scanner(COUNTED);
    while let Some(block) = blocks.next() {
        if every {
            for (_, line) in lines(block.bytes) {
                count(&mut statuses, format.parse(line, &mut spans));
            }
        } else {
            scanner.scan(block.bytes, &mut |_, _, result| count(&mut statuses, result));
        }
    }
    statuses.print()?;
    Ok(())
}
