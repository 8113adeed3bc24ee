//! The laws of counting, seen from outside: merging is associative and commutative, a fresh aggregator is its unit,
//! every split and order of the lines gives the same summary, nothing is lost, and partials keep all of it.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use brownout::{
    Accumulate, Aggregator, Budget, Column, Field, Format, Kind, Line, LineError, LineErrorKind, NO_HOST,
    NO_UPSTREAM, OTHER, Product, Record, Schema, Settings, Span, Spans, Summary, TimeLayout, TimeMeaning,
    Timestamp, Unit,
};

/// Columns separated by `|`, in nginx's manner.
#[derive(Debug)]
struct Rows(Schema);

impl Rows {
    fn new() -> Self {
        let columns = vec![
            Column::new("time", Field::Time, Kind::Time(TimeLayout::Iso)),
            Column::new("status", Field::Status, Kind::Status),
            Column::new("group", Field::Upstream, Kind::Text),
            Column::new("peers", Field::UpstreamAddr, Kind::Address),
            Column::new("peer_statuses", Field::UpstreamStatus, Kind::Status),
            Column::new("header_times", Field::UpstreamHeaderTime, Kind::Duration(Unit::Seconds)),
            Column::new("zone", Field::Zone, Kind::Text),
            Column::new("client", Field::Client, Kind::Address),
            Column::new("duration", Field::Duration, Kind::Duration(Unit::Millis)),
        ];
        Self(Schema::new(Product::Nginx, TimeMeaning::End, columns))
    }
}

impl Format for Rows {
    fn name(&self) -> &'static str {
        "rows"
    }

    fn schema(&self) -> &Schema {
        &self.0
    }

    fn parse<'a>(&'a self, line: &'a [u8], spans: &'a mut Spans) -> Result<Line<'a>, LineError> {
        match line {
            b"" => return Ok(Line::Blank),
            b"#" => return Ok(Line::Other(brownout::Other::Header)),
            [b'!', rest @ ..] => {
                return Err(LineError::new(LineErrorKind::Literal, 0, rest.len() % 3));
            }
            _ => {}
        }
        let columns = spans.reset(self.0.columns().len());
        let mut start = 0;
        for (span, value) in columns.iter_mut().zip(line.split(|&b| b == b'|')) {
            *span = Span::new(start, start + value.len());
            start += value.len() + 1;
        }
        Ok(Line::Access(Record::new(line, &self.0, columns)))
    }
}

/// A small generator, the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

/// A line and where it stands.
#[derive(Clone)]
struct Logged {
    source: &'static str,
    offset: u64,
    line: String,
}

/// What a data set is like.
#[derive(Clone, Copy)]
struct Shape {
    lines: u64,
    upstreams: u64,
    hosts: u64,
    zones: u64,
    seconds: u64,
}

/// From one calm service to a scan with a name per line.
const SHAPES: [Shape; 5] = [
    Shape { lines: 60, upstreams: 1, hosts: 2, zones: 1, seconds: 120 },
    Shape { lines: 150, upstreams: 3, hosts: 4, zones: 2, seconds: 3_000 },
    Shape { lines: 150, upstreams: 2, hosts: 120, zones: 3, seconds: 50 },
    Shape { lines: 150, upstreams: 140, hosts: 140, zones: 3, seconds: 500 },
    Shape { lines: 150, upstreams: 8, hosts: 30, zones: 4, seconds: 200_000_000_000 },
];

fn data(dice: &mut Dice, shape: Shape) -> Vec<Logged> {
    (0..shape.lines)
        .map(|i| {
            let source = ["a.log", "b.log", "c.log"][dice.below(3) as usize];
            let offset = i / 2 * 10; // places repeat
            let line = match dice.below(20) {
                0 => String::new(),
                1 => "#".into(),
                2 => "!".repeat(1 + dice.below(4) as usize),
                _ => access(dice, shape),
            };
            Logged { source, offset, line }
        })
        .collect()
}

fn access(dice: &mut Dice, shape: Shape) -> String {
    let from = Timestamp::parse_rfc3339(b"2023-11-14T22:13:20Z").unwrap();
    let time = match dice.below(30) {
        0 => "-".into(),
        1 => "1970-01-01T00:00:00Z".into(),
        _ => from.plus_micros(dice.below(shape.seconds * 1000) as i64 * 1000).to_string(),
    };
    let status =
        [200, 200, 200, 301, 404, 499, 500, 502, 502, 503, 504, 599, 0, 999][dice.below(14) as usize];
    let upstream = match dice.below(shape.upstreams + 1) {
        0 => "-".into(),
        n => format!("up{n}"),
    };
    let peer = |dice: &mut Dice| format!("10.0.{}.7:80", dice.below(shape.hosts));
    let (peers, statuses, times) = match dice.below(4) {
        0 => ("-".into(), "-".into(), "-".into()),
        1 => (
            format!("{}, {}", peer(dice), peer(dice)),
            format!("502, {status}"),
            format!("-, {}", if dice.below(2) == 0 { "-" } else { "0.010" }),
        ),
        _ => (peer(dice), status.to_string(), if dice.below(2) == 0 { "-" } else { "0.010" }.into()),
    };
    let zone = match dice.below(shape.zones + 1) {
        0 => "-".into(),
        n => format!("z{n}"),
    };
    let client = dice.below(50);
    let duration = dice.below(70_000);
    format!("{time}|{status}|{upstream}|{peers}|{statuses}|{times}|{zone}|192.0.2.{client}|{duration}")
}

fn settings(units: usize) -> Settings {
    let mut settings = Settings::default();
    settings.budget = Budget { units, seed: 7 };
    settings
}

fn count(rows: &Rows, settings: &Settings, lines: &[Logged]) -> Aggregator {
    let mut counts = Aggregator::new(settings.clone());
    let mut spans = Spans::new();
    counts.begin("", rows);
    for logged in lines {
        counts.begin(logged.source, rows);
        let line = logged.line.as_bytes();
        counts.line(line, logged.offset, rows.parse(line, &mut spans));
    }
    counts
}

/// Cuts lines into parts and merges them in a random tree, some as aggregators, some as summaries.
fn in_parts(dice: &mut Dice, rows: &Rows, settings: &Settings, lines: &[Logged]) -> Summary {
    let parts = 1 + dice.below(6) as usize;
    let mut piles = vec![Vec::new(); parts];
    for line in lines {
        piles[dice.below(parts as u64) as usize].push(line.clone());
    }
    let mut parts: Vec<Aggregator> = piles.iter().map(|pile| count(rows, settings, pile)).collect();
    while parts.len() > 2 {
        let (a, b) = (dice.below(parts.len() as u64) as usize, dice.below(parts.len() as u64 - 1) as usize);
        let one = parts.swap_remove(a);
        let mut other = parts.swap_remove(b);
        other.merge(one);
        parts.push(other);
    }
    let mut parts = parts.into_iter().map(Aggregator::finish);
    let first = parts.next().unwrap();
    parts.fold(first, |sum, part| sum.merge(&part).unwrap())
}

fn check_totals(summary: &Summary) {
    let lines = &summary.lines;
    assert_eq!(lines.total, lines.access + lines.other + lines.malformed + lines.blank);
    let counted = lines.access - lines.untimed - lines.outside;
    let cells = || summary.upstreams.iter().flat_map(|u| &u.hosts).flat_map(|h| &h.cells).map(|c| c.1);
    assert_eq!(cells().map(|c| u64::from(c.requests)).sum::<u64>(), counted);
    assert_eq!(summary.upstreams.iter().map(brownout::UpstreamCounts::requests).sum::<u64>(), counted);
    assert_eq!(summary.rejects.iter().map(|r| r.count).sum::<u64>(), lines.malformed);
    assert_eq!(summary.formats.iter().map(|f| f.lines).sum::<u64>(), lines.access);
    let errors = cells().map(|c| u64::from(c.errors)).sum::<u64>();
    let of = |c: &dyn Fn(u16) -> bool| {
        let codes = summary.upstreams.iter().flat_map(|u| &u.codes);
        codes.filter(|(s, _)| c(s.code())).map(|c| c.1).sum::<u64>()
    };
    assert_eq!(errors, of(&|s| (500..600).contains(&s)));
    assert_eq!(errors, summary.upstreams.iter().flat_map(|u| &u.origins).map(|o| o.1).sum::<u64>());
    assert_eq!(cells().map(|c| u64::from(c.client_closed)).sum::<u64>(), of(&|s| matches!(s, 0 | 460 | 499)));
    for cell in cells() {
        assert_eq!(cell.errors, cell.s500 + cell.s502 + cell.s503 + cell.s504 + cell.s5other);
        assert!(
            cell.by_proxy + cell.by_upstream <= cell.errors && cell.masked <= cell.retried + cell.requests
        );
        assert_eq!(cell.error_clients != 0, cell.errors > 0);
    }
}

/// Sorted by name and time, no key twice, no counts of nothing.
fn check_order(summary: &Summary) {
    assert!(summary.upstreams.is_sorted_by(|a, b| a.name < b.name));
    assert!(summary.rejects.is_sorted_by(|a, b| (a.kind, &a.column) < (b.kind, &b.column)));
    for upstream in &summary.upstreams {
        assert!(upstream.codes.is_sorted_by(|a, b| a.0 < b.0));
        assert!(upstream.causes.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)));
        assert!(upstream.durations.is_sorted_by(|a, b| (a.0, a.1) < (b.0, b.1)));
        assert!(upstream.hosts.is_sorted_by(|a, b| (&a.zone, &a.host) < (&b.zone, &b.host)));
        assert!(upstream.hosts.iter().all(|h| h.cells.is_sorted_by(|a, b| a.0 < b.0) && !h.cells.is_empty()));
    }
}

#[test]
fn every_split_order_and_merge_tree_gives_the_same_summary() {
    let rows = Rows::new();
    let mut dice = Dice(1);
    let mut levels = BTreeMap::new();
    for round in 0..700 {
        let shape = SHAPES[round % SHAPES.len()];
        let units = [500_000, 2_000, 900, 500, 300, 200, 130][dice.below(7) as usize];
        let settings = settings(units);
        let mut lines = data(&mut dice, shape);
        let whole = count(&rows, &settings, &lines).finish();
        check_totals(&whole);
        check_order(&whole);
        *levels.entry(whole.level).or_insert(0) += 1;
        let parts = in_parts(&mut dice, &rows, &settings, &lines);
        assert_eq!(parts, whole, "split, round {round}, {units} units");
        dice.shuffle(&mut lines);
        assert_eq!(count(&rows, &settings, &lines).finish(), whole, "order, round {round}, {units} units");
        let parts = in_parts(&mut dice, &rows, &settings, &lines);
        assert_eq!(parts, whole, "both, round {round}, {units} units");

        let unit = count(&rows, &settings, &[]).finish();
        assert_eq!(whole.clone().merge(&unit).unwrap(), whole);
        assert_eq!(unit.merge(&whole).unwrap(), whole);
    }
    // Every kind of coarsening was met: none, wider, fewer hosts, fewer upstreams, wider still.
    let met = |levels_of: std::ops::RangeInclusive<u8>| -> i32 { levels.range(levels_of).map(|l| l.1).sum() };
    for kind in [0..=0, 1..=6, 7..=30, 31..=70, 71..=u8::MAX] {
        assert!(met(kind.clone()) >= 10, "{kind:?}: {levels:?}");
    }
}

/// Upstream, zone, host, bucket.
type Key = (String, String, String, i64);

/// Counts the obvious way.
#[derive(Default, PartialEq, Debug)]
struct Naive {
    /// Requests, errors and retried attempts.
    cells: HashMap<Key, (u32, u32, u32)>,
    codes: HashMap<(String, u16), u64>,
    untimed: u64,
}

fn naive(lines: &[Logged]) -> Naive {
    let mut naive = Naive::default();
    for line in lines.iter().map(|l| &*l.line).filter(|l| l.contains('|')) {
        let columns: Vec<&str> = line.split('|').collect();
        let known = |i: usize| Some(columns[i]).filter(|v| *v != "-");
        let Some(time) = known(0) else {
            naive.untimed += 1;
            continue;
        };
        let bucket = Timestamp::parse_rfc3339(time.as_bytes()).unwrap().as_micros().div_euclid(10_000_000);
        let status: u16 = columns[1].parse().unwrap();
        let upstream = known(2).unwrap_or(NO_UPSTREAM).to_owned();
        let zone = known(6).unwrap_or_default().to_owned();
        let peers: Vec<&str> = known(3).map(|p| p.split(", ").collect()).unwrap_or_default();
        let host = peers.last().copied().unwrap_or(NO_HOST).to_owned();
        *naive.codes.entry((upstream.clone(), status)).or_default() += 1;
        let cell = naive.cells.entry((upstream.clone(), zone.clone(), host, bucket)).or_default();
        cell.0 += 1;
        cell.1 += u32::from((500..600).contains(&status));
        // The peer before the last one failed; the client saw a 5xx all the same, or a success.
        let left_out = matches!(status, 0 | 499 | 600..);
        if let [first, _] = peers[..]
            && !left_out
        {
            naive.cells.entry((upstream, zone, first.to_owned(), bucket)).or_default().2 += 1;
        }
    }
    naive
}

#[test]
fn an_ample_budget_counts_as_the_obvious_way_does() {
    let rows = Rows::new();
    let mut dice = Dice(2);
    for round in 0..100 {
        let lines = data(&mut dice, SHAPES[round % SHAPES.len()]);
        let summary = count(&rows, &settings(500_000), &lines).finish();
        assert_eq!((summary.level, summary.folded, summary.width_micros), (0, 0, 10_000_000));
        let mut found = Naive { untimed: summary.lines.untimed, ..Naive::default() };
        for upstream in &summary.upstreams {
            assert_ne!(upstream.name, OTHER);
            found.codes.extend(upstream.codes.iter().map(|c| ((upstream.name.clone(), c.0.code()), c.1)));
            for host in &upstream.hosts {
                found.cells.extend(host.cells.iter().map(|(bucket, cell)| {
                    let key = (upstream.name.clone(), host.zone.clone(), host.host.clone(), *bucket);
                    (key, (cell.requests, cell.errors, cell.retried))
                }));
            }
        }
        let expected = naive(&lines);
        for (key, counts) in &expected.cells {
            assert_eq!(found.cells.get(key), Some(counts), "round {round}, {key:?}");
        }
        assert!(found == expected, "round {round}");
    }
}

#[test]
fn different_settings_do_not_merge() {
    let summary = |change: &dyn Fn(&mut Settings)| {
        let mut settings = settings(500);
        change(&mut settings);
        Aggregator::new(settings).finish()
    };
    let plain = summary(&|_| {});
    for (other, what) in [
        (summary(&|s| s.width_micros = 20_000_000), "width (µs) 10000000 and 20000000"),
        (summary(&|s| s.budget.units = 501), "budget 500 and 501"),
        (summary(&|s| s.budget.seed = 8), "seed 7 and 8"),
    ] {
        let error = plain.clone().merge(&other).unwrap_err().to_string();
        assert_eq!(error, format!("summaries made with different settings cannot be merged: {what}"));
    }
    let mut torn = plain.clone();
    torn.level = 9;
    torn.width_micros += 1;
    assert_eq!(plain.merge(&torn).unwrap_err().to_string(), "a width of 10000001 µs at level 9 cannot be");
}

#[test]
fn places_are_the_first_however_the_files_were_read() {
    let rows = Rows::new();
    let refused = |source, offset| Logged { source, offset, line: "!".into() };
    let lines = [refused("b", 5), refused("a", 90), refused("b", 1), refused("a", 7), refused("a", 7)];
    let (one, two) = lines.split_at(2);
    let settings = settings(500);
    let whole = count(&rows, &settings, &lines).finish();
    let parts = count(&rows, &settings, two).finish().merge(&count(&rows, &settings, one).finish()).unwrap();
    for summary in [whole, parts] {
        assert_eq!(summary.rejects.len(), 1);
        assert_eq!(summary.rejects[0].count, 5);
        assert_eq!(summary.rejects[0].first, [("a".into(), 7), ("a".into(), 7), ("a".into(), 90)]);
    }
}

#[cfg(feature = "serde")]
mod partial {
    use super::*;

    fn written(summary: &Summary) -> String {
        let mut out = Vec::new();
        summary.write_partial(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn read(partial: &str) -> Result<Summary, brownout::Error> {
        Summary::read_partial(partial.as_bytes())
    }

    #[test]
    fn reading_gives_back_what_was_written_and_two_files_are_a_merge() {
        let rows = Rows::new();
        let mut dice = Dice(3);
        for round in 0..150 {
            let shape = SHAPES[round % SHAPES.len()];
            let settings = settings([500_000, 2_000, 500, 200][dice.below(4) as usize]);
            let lines = data(&mut dice, shape);
            let cut = dice.below(lines.len() as u64) as usize;
            let whole = count(&rows, &settings, &lines).finish();
            let one = written(&count(&rows, &settings, &lines[..cut]).finish());
            let two = written(&count(&rows, &settings, &lines[cut..]).finish());
            assert_eq!(read(&written(&whole)).unwrap(), whole, "round {round}");
            assert_eq!(read(&(one.clone() + &two)).unwrap(), whole, "round {round}");
            let mut shuffled: Vec<&str> = one.lines().chain(two.lines()).collect();
            dice.shuffle(&mut shuffled);
            assert_eq!(written(&read(&shuffled.join("\n")).unwrap()), written(&whole), "round {round}");
        }
    }

    /// What `GROUP BY` does, table by table: columns that are not summed and the like are keys.
    fn group_by(rows: &[&str]) -> String {
        let mut groups: BTreeMap<String, serde_json::Map<String, serde_json::Value>> = BTreeMap::new();
        for row in rows {
            let row: serde_json::Map<_, _> = serde_json::from_str(row).unwrap();
            let table = row["row"].as_str().unwrap().to_owned();
            let merges = |column: &str| {
                let all =
                    ["schema", "row", "level", "width_us", "time_us", "budget_units", "seed", "register"];
                let text = row[column].is_string();
                let key = all.contains(&column) && !(table == "meta" && column == "level");
                !text && !key && !["status", "bin", "slot", "byte_offset"].contains(&column)
            };
            let key: Vec<String> =
                row.iter().filter(|c| !merges(c.0)).map(|(name, value)| format!("{name}={value}")).collect();
            match groups.entry(key.join(",")) {
                std::collections::btree_map::Entry::Vacant(new) => {
                    new.insert(row);
                }
                std::collections::btree_map::Entry::Occupied(mut old) => {
                    for (name, value) in row.iter().filter(|c| merges(c.0)) {
                        let sum = old.get_mut().get_mut(name).unwrap();
                        let (a, b) = (sum.as_i64().unwrap(), value.as_i64().unwrap());
                        *sum = match &**name {
                            "first_us" => a.min(b),
                            "last_us" | "level" | "rank" => a.max(b),
                            "error_clients_lo" | "error_clients_hi" => a | b,
                            _ => a + b,
                        }
                        .into();
                    }
                }
            }
        }
        groups.values().map(|row| serde_json::to_string(row).unwrap() + "\n").collect()
    }

    #[test]
    fn grouping_as_sql_does_is_a_merge() {
        let rows = Rows::new();
        let mut dice = Dice(4);
        for round in 0..60 {
            let settings = settings([500_000, 900, 300][dice.below(3) as usize]);
            let lines = data(&mut dice, SHAPES[round % SHAPES.len()]);
            let cut = dice.below(lines.len() as u64) as usize;
            let [one, two] =
                [&lines[..cut], &lines[cut..]].map(|l| written(&count(&rows, &settings, l).finish()));
            let merged = group_by(&one.lines().chain(two.lines()).collect::<Vec<_>>());
            assert!(merged.lines().count() < one.lines().count() + two.lines().count());
            assert_eq!(read(&merged).unwrap(), count(&rows, &settings, &lines).finish(), "round {round}");
        }
    }

    #[test]
    fn what_later_writers_add_is_ignored() {
        let rows = Rows::new();
        let lines = data(&mut Dice(5), SHAPES[1]);
        let summary = count(&rows, &settings(500), &lines).finish();
        let more = written(&summary).replace("{\"schema\"", "{\"new\":[1,{}],\"schema\"")
            + "{\"schema\":\"brownout.partial.v1\",\"row\":\"weather\",\"sunny\":true}\n\n";
        assert_eq!(read(&more).unwrap(), summary);
    }

    #[test]
    fn damage_is_told_with_its_line() {
        let rows = Rows::new();
        let line = |line: &str| Logged { source: "a", offset: 3, line: line.into() };
        let lines = [
            line("2023-11-14T22:13:20Z|502|up|10.0.0.1:80|502|-|z|192.0.2.1|30"),
            line("2023-11-14T22:13:50Z|200|up|10.0.0.1:80|200|0.1|z|192.0.2.1|3"),
            line("!"),
        ];
        let good = written(&count(&rows, &settings(500), &lines).finish());
        let names = good.lines().map(|l| l.split('"').nth(7).unwrap()).collect::<Vec<_>>().join(" ");
        let tables = "meta lines range format reject place code code origin cause client duration cell cell";
        assert_eq!(names, tables);
        let change = |from: &str, to: &str| {
            assert!(good.contains(from), "{from}: {good}");
            good.replacen(from, to, 1)
        };
        let cases = [
            (String::new(), "no partial: it has no meta row of brownout.partial.v1"),
            (change("partial.v1", "partial.v2"), "line 1: expected schema brownout.partial.v1, found"),
            (change("\"total\":3", "\"total\":-3"), "line 2: lines row: invalid value: integer `-3`"),
            (change("\"total\":3,", ""), "line 2: lines row: missing field `total`"),
            (change("{\"schema", "schema"), "line 1: expected value"),
            (change("\"level\":0", "\"level\":255"), "line 1: there is no level 255 at this width"),
            (
                change("\"width_us\":10000000", "\"width_us\":0"),
                "line 1: meta row: no width_us that could be",
            ),
            (change("\"seed\":\"7\"", "\"seed\":\"x\""), "line 1: meta row: no seed that could be"),
            (change("\"first_us\":17", "\"first_us\":97"), "line 3: range row: it ends before it begins"),
            (change("\"nginx\"", "\"ngin\""), "line 4: format row: invalid value: string \"ngin\""),
            (change("\"slot\":", "\"slot\":1"), "line 11: there is no client slot 1"),
            (change("\"bin\":", "\"bin\":64"), "line 12: there is no bin 64"),
            (
                change(
                    "00,\"upstream\":\"up\",\"status\":502,\"bin",
                    "01,\"upstream\":\"up\",\"status\":502,\"bin",
                ),
                "line 12: no bucket",
            ),
            (change("\"status\":200", "\"status\":2000"), "line 7: code row: no status: 2000"),
            (
                change("\"width_us\":10000000,\"time", "\"width_us\":5,\"time"),
                "line 12: no bucket of level 0 is 5 µs wide",
            ),
            (
                good.clone() + &good.lines().next().unwrap().replace("500", "501"),
                "line 15: made with different settings",
            ),
            (good[..good.len() - 20].to_owned(), "line 14: EOF while parsing"),
            (
                good.lines().take(13).collect::<Vec<_>>().join("\n"),
                "rows are missing or damaged: the cell rows sum up to 1, the lines row to 2",
            ),
            (
                good.lines().filter(|l| !l.contains("\"code\"")).collect::<Vec<_>>().join("\n"),
                "rows are missing or damaged: the code rows sum up to 0",
            ),
            (good.clone() + &" ".repeat(1 << 20) + "{", "line 15: longer than a row can be"),
        ];
        for (partial, message) in cases {
            let error = read(&partial).unwrap_err();
            assert!(matches!(error, brownout::Error::Partial(_)));
            assert!(error.to_string().starts_with(message), "{error}\n{message}");
        }
    }
}

/// Where a block begins decides which lines a scanner reads by what it knows from others, and which in full: that must
/// not show, whatever a line says of its upstream.
#[test]
fn blocks_of_any_size_count_alike() {
    let json = brownout::JsonFormat::istio();
    let text = brownout::Template::envoy(
        "[%START_TIME%] %RESPONSE_CODE% %RESPONSE_FLAGS% \"%REQ(:AUTHORITY)%\" %UPSTREAM_CLUSTER% \"%UPSTREAM_HOST%\"",
    )
    .unwrap();
    let mut log = String::new();
    for i in 0..200 {
        let (cluster, host) = match i % 7 {
            0 => ("\"upstream_cluster\":null,", "null"),
            1 => ("", "null"),
            _ => ("\"upstream_cluster\":\"shop\",", "\"10.0.0.1:80\""),
        };
        let status = if i % 5 == 0 { 503 } else { 200 };
        let _ = writeln!(
            log,
            "{{\"authority\":\"shop.example\",\"response_code\":{status},\"start_time\":\"2026-11-22T07:08:{:02}.000Z\",{cluster}\"upstream_host\":{host}}}",
            i % 60
        );
    }
    let mut lines = String::new();
    for i in 0..200 {
        let (cluster, host) = if i % 7 == 0 { ("-", "-") } else { ("shop", "10.0.0.1:80") };
        // One in eleven is not as usual.
        let agent = if i % 11 == 0 { "a\"b" } else { "shop.example" };
        let _ =
            writeln!(lines, "[2026-11-22T07:08:{:02}.000Z] 503 UF \"{agent}\" {cluster} \"{host}\"", i % 60);
    }
    let formats: [(&dyn Format, &str); 2] = [(&json, &log), (&text, &lines)];
    for (format, log) in formats {
        let counted = |size: usize| {
            let mut whole: Option<Aggregator> = None;
            let rows: Vec<&str> = log.split_inclusive('\n').collect();
            let mut offset = 0;
            for block in rows.chunks(size) {
                let block = block.concat();
                let mut counts = Aggregator::new(Settings::default());
                counts.begin("access.log", format);
                let mut scanner = format.scanner(counts.wanted(format.schema()));
                scanner.scan(block.as_bytes(), &mut |line, at, result| {
                    counts.line(line, offset + at as u64, result);
                });
                offset += block.len() as u64;
                match &mut whole {
                    Some(whole) => whole.merge(counts),
                    None => whole = Some(counts),
                }
            }
            whole.unwrap().finish()
        };
        let expected = counted(200);
        assert_eq!(expected.lines.access, 200, "{}", format.name());
        for size in [1, 2, 7, 64, 199] {
            assert_eq!(counted(size), expected, "{} by {size}", format.name());
        }
    }
}
