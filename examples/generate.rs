//! Makes access logs with planted incidents: to try reports on, to measure with, to test with.
//!
//! ```sh
//! cargo run --release --example generate -- --format envoy --lines 100000 \
//!     --incident checkout:503:+20m:8m:0.4 | cargo run --release --example triage -- -
//! ```
//!
//! The same arguments give the same bytes on every machine.

#[path = "common/generator/mod.rs"]
#[allow(dead_code, reason = "the generator serves several programs")]
mod generator;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use brownout::{Timestamp, parse_duration};
use clap::Parser;
use generator::site::{SERVICES, SITE};
use generator::{Generator, Incident, Product, Settings};
use serde_json::{Value, json};

/// Makes access logs with planted incidents.
#[derive(Debug, Parser)]
#[command(name = "generate")]
struct Args {
    /// nginx (with upstream fields), envoy, istio-json, alb or haproxy
    #[arg(long, default_value = "nginx", value_parser = product)]
    format: Product,
    /// How many lines
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    lines: u64,
    /// Another seed gives other visitors
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Stamp of the beginning
    #[arg(long, default_value = "2026-11-22T02:00:00Z", value_name = "RFC3339", value_parser = start)]
    start: Timestamp,
    /// Requests per second
    #[arg(long, default_value_t = 50.0, value_name = "N", value_parser = rate)]
    rate: f64,
    /// UPSTREAM[/HOST]:CODE:+OFFSET:DURATION:SHARE, such as checkout:502:+20m:8m:0.4; HOST counts from 1
    #[arg(long = "incident", value_name = "WHAT", value_parser = incident)]
    incidents: Vec<Incident>,
    /// Write there instead of to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write what was planted there, as JSON that triage reads as --topology
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
}

fn product(text: &str) -> Result<Product, String> {
    let known = Product::ALL.iter().find(|p| p.0 == text);
    known.map(|p| p.1).ok_or_else(|| "it can be nginx, envoy, istio-json, alb or haproxy".to_owned())
}

fn start(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_rfc3339(text.as_bytes()).ok_or_else(|| "expected 2026-11-22T02:00:00Z".to_owned())
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|r| (0.001..=1e6).contains(r));
    rate.ok_or_else(|| "expected a number from 0.001 to 1000000".to_owned())
}

fn incident(text: &str) -> Result<Incident, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let &[place, code, offset, length, share] = parts.as_slice() else {
        return Err("expected UPSTREAM[/HOST]:CODE:+OFFSET:DURATION:SHARE".to_owned());
    };
    let (name, host) = place.split_once('/').map_or((place, None), |(name, host)| (name, Some(host)));
    let service = SERVICES.iter().find(|s| s.name == name).ok_or_else(|| {
        format!("upstreams are {}", SERVICES.iter().map(|s| s.name).collect::<Vec<_>>().join(", "))
    })?;
    let host = match host.map(|h| h.parse::<usize>().ok().and_then(|n| service.hosts.get(n.wrapping_sub(1))))
    {
        Some(None) => return Err(format!("{name} has hosts 1 to {}", service.hosts.len())),
        host => host.flatten(),
    };
    let duration =
        |text: &str| parse_duration(text).ok_or_else(|| format!("{text:?} is no duration such as 8m"));
    Ok(Incident {
        service,
        host,
        code: code
            .parse()
            .ok()
            .filter(|c| (200..600).contains(c))
            .ok_or("the code is a status from 200 to 599")?,
        offset: duration(offset.strip_prefix('+').unwrap_or(offset))?,
        length: duration(length)?,
        share: share.parse().ok().filter(|s| (0.0..=1.0).contains(s)).ok_or("the share is from 0 to 1")?,
        requests: 0,
        errors: 0,
    })
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("generate: {error}");
            ExitCode::from(2)
        }
        _ => ExitCode::SUCCESS,
    }
}

fn run(args: &Args) -> io::Result<()> {
    let mut generator = Generator::new(Settings {
        product: args.format,
        seed: args.seed,
        start: args.start.as_micros(),
        rate: args.rate,
        incidents: args.incidents.clone(),
    });
    let mut output: Box<dyn Write> = match &args.output {
        Some(path) => Box::new(File::create(path)?),
        None => Box::new(io::stdout().lock()),
    };
    let mut block = Vec::with_capacity(1 << 20);
    for _ in 0..args.lines {
        generator.line(&mut block);
        if block.len() > (1 << 20) - 4096 {
            output.write_all(&block)?;
            block.clear();
        }
    }
    output.write_all(&block)?;
    output.flush()?;
    if let Some(path) = &args.truth {
        let mut file = BufWriter::new(File::create(path)?);
        writeln!(file, "{:#}", truth(args, generator.incidents()))?;
        file.flush()?;
    }
    Ok(())
}

/// What was planted, and the site's topology.
fn truth(args: &Args, incidents: &[Incident]) -> Value {
    let planted = incidents.iter().map(|i| {
        let start = args.start.plus_micros(i.offset);
        json!({
            "upstream": i.service.name,
            "host": i.host.map(|h| h.addr),
            "status": i.code,
            "origin": if i.is_made_by_proxy(args.format) { "proxy" } else { "upstream" },
            "start": start.to_string(),
            "end": start.plus_micros(i.length).to_string(),
            "share": i.share,
            "requests": i.requests,
            "errors": i.errors,
        })
    });
    let upstreams = SERVICES.iter().map(|s| {
        let hosts = s.hosts.iter().map(|h| json!({ "addr": h.addr, "zone": h.zone }));
        json!({ "name": s.name, "authority": format!("{}.{SITE}", s.name), "hosts": hosts.collect::<Vec<_>>() })
    });
    json!({
        "incidents": planted.collect::<Vec<_>>(),
        "upstreams": upstreams.collect::<Vec<_>>(),
    })
}
