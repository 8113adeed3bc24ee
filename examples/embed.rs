//! The library in another program: 5xx per upstream, out of a file in whatever format it is.
//!
//! ```sh
//! cargo run --release --example embed -- tests/data/sample/access.log
//! ```

use std::collections::BTreeMap;
use std::error::Error;

use brownout::{Choice, Line, Options, Spans, input};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("which file?")?;
    let bytes = std::fs::read(path)?;
    let format = Choice::Auto.resolve(&Options::default(), &bytes)?;

    let mut spans = Spans::new();
    let mut upstreams: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for (_, line) in input::lines(&bytes) {
        let Ok(Line::Access(record)) = format.parse(line, &mut spans) else { continue };
        let upstream = record.upstream().map_or("(none)".into(), |u| u.decoded().escape_ascii().to_string());
        let (requests, errors) = upstreams.entry(upstream).or_default();
        *requests += 1;
        *errors += u64::from(record.status().is_some_and(|s| s.code() >= 500));
    }
    println!("{}", format.name());
    for (upstream, (requests, errors)) in upstreams {
        println!("{upstream:<12} {requests:>8} requests {errors:>6} answered with 5xx");
    }
    Ok(())
}
