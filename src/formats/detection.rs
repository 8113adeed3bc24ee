//! Which preset a sample is written in.

mod trial;

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;

use super::mixed::Mixed;
use super::wrapped::Strangers;
use super::{Chosen, Group, Known, Options, Preset, label, presets};
use crate::error::{Error, LineError};
use crate::escape::Sanitized;
use crate::format::{Format, Line};
use crate::input::{self, Framing};
use crate::record::Spans;
use crate::schema::{Field, Product};
use crate::template::own_frame;
use trial::{Trial, read};

/// Lines looked at.
const LINES: usize = 400;
/// Lines that tell whether a preset is worth reading all of them: nearly all presets read none.
const FIRST_LOOK: usize = 40;
/// Programs of one stream whose formats are looked for.
const GUESTS: usize = 8;

/// How one preset read the sample.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The preset's name.
    pub name: &'static str,
    /// The format itself.
    pub format: Known,
    /// Access records among the lines.
    pub matched: usize,
    /// Lines that had to fit: neither blank nor known to be something else.
    pub lines: usize,
    /// Lines known to be something else of the product's: its error log, connections, events.
    pub others: usize,
    /// The first line that did not fit, counted from 0, and why.
    pub first_refused: Option<(usize, LineError)>,
    group: Group,
    /// By line: whether it was read as an access record.
    fits: Vec<bool>,
    /// The same, objects included that are another line of the product's: a map that knows less of them takes them for
    /// records (Caddy's errors have a status and a request).
    knows: Vec<bool>,
}

/// What a sample looks like.
#[derive(Debug, Clone)]
pub struct Detection {
    /// The framing around its lines.
    pub framing: Framing,
    /// Every preset, best first.
    pub candidates: Vec<Candidate>,
    /// What reads the sample exactly like the best.
    pub alike: Vec<&'static str>,
    /// What the same program wrote beside the best, and is read as well.
    pub beside: Vec<&'static str>,
    /// Lines end where the format ends. Otherwise more stands behind it, which is kept and not understood.
    pub strict: bool,
    /// The program that writes the records, where the framing tells.
    program: Option<Vec<u8>>,
    /// Other programs in the same stream.
    foreign: Vec<String>,
    /// The best reads lines of `beside` as well, and wrongly.
    takes_longer_lines: bool,
    /// Other programs of the same stream that write access records too, and in which of the candidates; without a name
    /// where the framing has none.
    guests: Vec<(Vec<u8>, usize)>,
}

/// Recognises the format of a sample of whole lines.
///
/// ```
/// let sample = br#"[2026-11-22T07:23:26.415Z] "GET / HTTP/1.1" 200 - 0 14 8 1 "-" "lab/1.0" "6fd9" "lab" "127.0.0.1:28002""#;
/// let detection = brownout::formats::detect(sample);
/// assert_eq!(detection.best().unwrap().name, "envoy");
/// ```
pub fn detect(sample: &[u8]) -> Detection {
    // Lines of Traefik's `genericCLF` are lines of `combined`, with quotes that nobody escaped, and its common lines are
    // those of all others: found only where asked for, and beside other lines of Traefik.
    let ambiguous = |p: &&Preset| matches!(p.name, "traefik-generic" | "traefik-common");
    Detection::among(sample, presets().iter().filter(|p| !ambiguous(p)))
}

/// Lines of a file, without their framing.
pub(super) struct Sample {
    pub(super) framing: Framing,
    payloads: Vec<Vec<u8>>,
    /// The program that wrote each line, where the framing tells.
    tags: Vec<Option<Vec<u8>>>,
    /// Every line stands in quotes of its own.
    quoted: bool,
}

impl Sample {
    pub(super) fn new(bytes: &[u8]) -> Self {
        let lines: Vec<&[u8]> = input::lines(bytes)
            .map(|(_, line)| line)
            .filter(|line| !line.iter().all(u8::is_ascii_whitespace))
            .take(LINES)
            .collect();
        let framing = Framing::detect(lines.iter().copied());
        Self {
            quoted: framing == Framing::None
                && !lines.is_empty()
                && lines.iter().all(|l| l.starts_with(b"\"") && l.ends_with(b"\"")),
            tags: lines.iter().map(|line| framing.tag(line).map(<[u8]>::to_vec)).collect(),
            payloads: unwrapped(framing, &lines),
            framing,
        }
    }

    /// The same lines, seen in another framing that names no programs.
    fn reframed(&self, framing: Framing) -> Self {
        let lines: Vec<&[u8]> = self.payloads.iter().map(Vec::as_slice).collect();
        Self {
            framing,
            payloads: unwrapped(framing, &lines),
            tags: vec![None; self.payloads.len()],
            quoted: false,
        }
    }

    /// The strings that a shipper kept the lines in, where most lines are such objects.
    fn shipped(&self) -> Option<Self> {
        let mut buffer = Vec::new();
        let kept = |line: &&Vec<u8>| Framing::Shipped.unwrap(line, &mut buffer).is_some();
        let kept = self.payloads.iter().filter(kept).count();
        (self.framing == Framing::None && kept * 2 > self.payloads.len())
            .then(|| self.reframed(Framing::Shipped))
    }

    /// The program whose lines this format reads.
    pub(super) fn program_of(&self, known: &Known) -> Option<Vec<u8>> {
        let format = known.clone().ready(Options::default(), Framing::None, None);
        let mut spans = Spans::new();
        let fits: Vec<bool> = self
            .payloads
            .iter()
            .map(|line| matches!(format.parse(line, &mut spans), Ok(Line::Access(_))))
            .collect();
        self.program(&fits)
    }

    /// How many lines this format reads to their end.
    pub(super) fn read_by(&self, known: &Known) -> usize {
        let strict = Options { strict: true, ..Options::default() };
        let format = known.clone().ready(strict, Framing::None, None);
        let mut spans = Spans::new();
        self.payloads.iter().filter(|line| read(&*format, line, &mut spans) == Ok(true)).count()
    }

    /// The program that wrote most of the lines that fit; of equals the first by name.
    fn program(&self, fits: &[bool]) -> Option<Vec<u8>> {
        let mut counts: HashMap<&[u8], usize> = HashMap::new();
        for tag in self.tags.iter().zip(fits).filter(|(_, fits)| **fits).filter_map(|(tag, _)| tag.as_deref())
        {
            *counts.entry(tag).or_default() += 1;
        }
        counts.into_iter().max_by(|a, b| (a.1, b.0).cmp(&(b.1, a.0))).map(|(tag, _)| tag.to_vec())
    }

    /// Ranks these presets.
    fn rank(&self, presets: &[&'static Preset], strict: bool) -> Detection {
        let mut candidates = self.try_all(presets, strict);
        // What the program wrote as a whole, more matches first, then the format that explains more of the line, then
        // the order of the shelf.
        let known: HashMap<Group, usize> = candidates
            .iter()
            .map(|c| (c.group, together(candidates.iter().filter(|o| o.group == c.group), |c| &c.knows)))
            .collect();
        candidates.sort_by_key(|c| {
            let rank = if c.matched > 0 { c.columns() } else { c.others };
            let known = if c.matched > 0 { known.get(&c.group).copied().unwrap_or(0) } else { 0 };
            // Where lines may go on, the shortest format reads the most of them, and understands the least.
            let first = if c.matched == 0 {
                0
            } else if strict {
                c.matched + c.others
            } else {
                usize::from(c.matched * 2 > c.lines)
            };
            // A record that is at no time counts for little.
            let timed = c.format.format().schema().has(Field::Time);
            std::cmp::Reverse((known, first, timed, rank, c.matched))
        });
        let mut alike = Vec::new();
        if let Some((best, rest)) = candidates.split_first() {
            let same =
                |c: &&Candidate| best.matched > 0 && c.fits == best.fits && c.columns() == best.columns();
            alike = rest.iter().filter(same).map(|c| c.name).collect();
        }
        settle_clf(&self.payloads, &mut candidates, &mut alike);
        let beside = beside(&candidates);
        let program = candidates.first().and_then(|best| self.program(&best.fits));
        let guests = self.guests(&candidates, program.as_deref());
        let takes_longer_lines = strict
            && !beside.is_empty()
            && candidates.first().is_some_and(|best| self.has_longer_lines(best));
        Detection {
            framing: self.framing,
            candidates,
            alike,
            beside,
            strict,
            foreign: self.foreign(program.as_deref(), &guests),
            program,
            takes_longer_lines,
            guests,
        }
    }

    /// Reads the lines with every preset, as far as that can matter: all of them where a preset reads some of a first
    /// look, otherwise only those that the preset which reads most does not.
    fn try_all(&self, presets: &[&'static Preset], strict: bool) -> Vec<Candidate> {
        let count = self.payloads.len();
        let lines: Vec<&[u8]> = self.payloads.iter().map(Vec::as_slice).collect();
        let bare = lines.iter().all(|line| own_frame(line).is_none());
        let mut trials: Vec<Trial> =
            presets.iter().filter_map(|preset| Trial::new(preset, &lines, bare, strict)).collect();
        for trial in &mut trials {
            for line in (0..count).step_by(count.div_ceil(FIRST_LOOK).max(1)) {
                trial.read(self, line);
            }
            if trial.knows_some() {
                for line in 0..count {
                    trial.read(self, line);
                }
            }
        }
        let most = trials.iter().max_by_key(|trial| trial.matched());
        let unread: Vec<usize> = (0..count).filter(|&line| !most.is_some_and(|t| t.fits(line))).collect();
        for trial in &mut trials {
            for &line in &unread {
                trial.read(self, line);
            }
        }
        trials.into_iter().map(|trial| trial.candidate(self)).collect()
    }

    /// For every other program the candidate that reads most of its lines, if one reads any. Where the framing names no
    /// programs, candidates of other products for the lines that the best and its relatives do not read: somebody put
    /// several logs together.
    fn guests(&self, candidates: &[Candidate], program: Option<&[u8]>) -> Vec<(Vec<u8>, usize)> {
        let best = |lines: &[usize]| {
            let read = |c: &Candidate| lines.iter().filter(|&&line| c.fits.get(line) == Some(&true)).count();
            let ranked = candidates.iter().enumerate().map(|(i, c)| (read(c), c.columns(), i));
            ranked.max_by_key(|&(read, columns, i)| (read, columns, std::cmp::Reverse(i))).filter(|b| b.0 > 0)
        };
        let Some(own) = program else {
            let Some(first) = candidates.first().filter(|first| first.matched > 0) else { return Vec::new() };
            let group: Vec<&Candidate> = candidates.iter().filter(|c| c.group == first.group).collect();
            let is_read = |by: &Candidate, line: usize| by.fits.get(line) == Some(&true);
            let mut unread: Vec<usize> =
                (0..self.payloads.len()).filter(|&line| !group.iter().any(|c| is_read(c, line))).collect();
            let mut guests = Vec::new();
            while let Some((_, _, i)) = best(&unread).filter(|_| guests.len() < GUESTS) {
                unread.retain(|&line| !is_read(&candidates[i], line));
                guests.push((Vec::new(), i));
            }
            return guests;
        };
        let tags: BTreeSet<&[u8]> =
            self.tags.iter().flatten().map(Vec::as_slice).filter(|tag| *tag != own).collect();
        let guest = |tag: &[u8]| {
            let lines = self.tags.iter().enumerate().filter(|(_, t)| t.as_deref() == Some(tag));
            let lines: Vec<usize> = lines.map(|(line, _)| line).collect();
            best(&lines).map(|(_, _, i)| (tag.to_vec(), i))
        };
        tags.into_iter().take(GUESTS).filter_map(guest).collect()
    }

    /// The names of other programs than this and the guests.
    fn foreign(&self, program: Option<&[u8]>, guests: &[(Vec<u8>, usize)]) -> Vec<String> {
        let is_guest = |tag: &[u8]| guests.iter().any(|(guest, _)| guest == tag);
        let others = self
            .tags
            .iter()
            .flatten()
            .filter(|tag| program.is_some_and(|own| **tag != own) && !is_guest(tag));
        let names: BTreeSet<String> = others.map(|tag| String::from_utf8_lossy(tag).into_owned()).collect();
        names.into_iter().take(4).collect()
    }

    /// Whether the candidate reads lines that are not its own.
    fn has_longer_lines(&self, candidate: &Candidate) -> bool {
        let open = candidate.format.clone().ready(Options::default(), Framing::None, None);
        let mut spans = Spans::new();
        let mut rest = self.payloads.iter().zip(&candidate.fits).filter(|(_, fits)| !**fits);
        rest.any(|(line, _)| matches!(open.parse(line, &mut spans), Ok(Line::Access(_))))
    }
}

fn unwrapped(framing: Framing, lines: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut buffer = Vec::new();
    lines
        .iter()
        .map(|line| framing.unwrap(line, &mut buffer).map_or_else(|| line.to_vec(), <[u8]>::to_vec))
        .collect()
}

/// Lines that at least one of these reads, or knows.
fn together<'c>(candidates: impl Iterator<Item = &'c Candidate>, lines: fn(&Candidate) -> &[bool]) -> usize {
    let mut all: Vec<bool> = Vec::new();
    for one in candidates.map(lines) {
        all.resize(one.len(), false);
        all.iter_mut().zip(one).for_each(|(all, one)| *all |= one);
    }
    all.into_iter().filter(|one| *one).count()
}

/// Relatives of the best that read lines which neither the best nor one before them reads.
fn beside(candidates: &[Candidate]) -> Vec<&'static str> {
    let Some((best, rest)) = candidates.split_first() else { return Vec::new() };
    let mut read = best.fits.clone();
    let mut names = Vec::new();
    for candidate in rest.iter().filter(|c| c.group == best.group) {
        let mut adds = false;
        for (read, _) in read.iter_mut().zip(&candidate.fits).filter(|(read, fits)| !**read && **fits) {
            *read = true;
            adds = true;
        }
        if adds {
            names.push(candidate.name);
        }
    }
    names
}

impl Candidate {
    /// Columns that say something: Apache's `%l` is a dash in all but name.
    fn columns(&self) -> usize {
        self.format.format().schema().columns().iter().filter(|c| &*c.name != "%l").count()
    }

    /// The format for the whole file. Most producers leave out a key without a value: that one is not in the sample
    /// does not say that it never comes.
    fn full(&self) -> Known {
        match &self.format {
            Known::Json(map) if map.schema().product() != Product::Nginx => {
                super::by_name(self.name).unwrap_or_else(|| self.format.clone())
            }
            _ => self.format.clone(),
        }
    }
}

impl Detection {
    /// Ranks some presets on a sample.
    pub(super) fn among(sample: &[u8], presets: impl Iterator<Item = &'static Preset>) -> Self {
        let presets: Vec<&'static Preset> = presets.collect();
        let sample = Sample::new(sample);
        let strict = sample.rank(&presets, true);
        if strict.best().is_ok() {
            return strict;
        }
        // An export that put every line into quotes; then a format with something behind it that is not known.
        if sample.quoted {
            let quoted = sample.reframed(Framing::Quoted).rank(&presets, true);
            if quoted.best().is_ok() {
                return quoted;
            }
        }
        if let Some(shipped) = sample.shipped() {
            let shipped = shipped.rank(&presets, true);
            if shipped.best().is_ok() {
                return shipped;
            }
        }
        let open = sample.rank(&presets, false);
        if open.best().is_ok() { open } else { strict }
    }

    /// The best candidate.
    ///
    /// # Errors
    /// [`Error::Unrecognised`] when the best preset and its relatives do not read more than half of the lines; it says
    /// what was tried.
    pub fn best(&self) -> Result<&Candidate, Error> {
        match self.candidates.first() {
            Some(best) if best.matched > 0 && self.read() * 2 > best.lines => Ok(best),
            // An error log, or connections only.
            Some(best) if best.matched == 0 && best.others > best.lines => Ok(best),
            _ => Err(Error::Unrecognised(self.why_not())),
        }
    }

    /// Lines that the best or one of its relatives reads.
    fn read(&self) -> usize {
        let Some(best) = self.candidates.first() else { return 0 };
        together(std::iter::once(best).chain(self.relatives()), |c| &c.fits)
    }

    fn relatives(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates.iter().skip(1).filter(|c| self.beside.contains(&c.name))
    }

    /// What a reader of the report should know about the choice.
    pub(super) fn note(&self) -> Option<String> {
        if let Some(best) = self.candidates.first()
            && best.matched == 0
            && self.candidates.iter().any(|c| c.group != best.group && c.others == best.others)
        {
            return Some(
                "no access record in the first lines: they do not tell whose log this is".to_owned(),
            );
        }
        if !self.alike.is_empty() {
            return Some(format!(
                "reads like {} as well; the lines do not tell which",
                self.alike.join(", ")
            ));
        }
        let beside = self.beside.iter().map(|name| (*name).to_owned());
        let guests = self.guests.iter().map(|(tag, at)| {
            let preset = self.candidates.get(*at).map_or("", |c| c.name);
            if tag.is_empty() { preset.to_owned() } else { format!("{preset} (by {})", Sanitized(tag)) }
        });
        let more: Vec<String> = beside.chain(guests).collect();
        if !more.is_empty() {
            return Some(format!("also has lines of {}", more.join(", ")));
        }
        if !self.foreign.is_empty() {
            return Some(format!("lines of other programs ({}) are left out", self.foreign.join(", ")));
        }
        (!self.strict)
            .then(|| "the lines go on behind this format; what follows is kept and not understood".to_owned())
    }

    /// The format of the file: the best, and its relatives for the lines it refuses.
    pub(super) fn chosen(&self, options: Options, note: Option<String>) -> Chosen {
        // Where several programs write records, none of their formats takes what it does not read for foreign.
        let program = self.program.as_deref().filter(|_| self.guests.is_empty());
        let ready =
            |known: Known, strict: bool| known.ready(Options { strict, ..options }, self.framing, program);
        let Some(best) = self.candidates.first() else {
            return Chosen { format: Arc::new(super::Unrecognised::default()), framing: None, note };
        };
        let mut relatives: Vec<Known> = self.relatives().map(Candidate::full).collect();
        if best.group.always_mixed() {
            let known = |name| name == best.name || self.beside.contains(&name);
            let more = presets().iter().filter(|p| p.group == best.group && !known(p.name));
            relatives.extend(more.filter_map(|p| p.known().ok()));
        }
        // The one that explains most of a line is asked first: a shorter one would leave the rest unread.
        let columns = |known: &Known| known.format().schema().columns().len();
        let mut first = ready(best.full(), options.strict);
        if self.takes_longer_lines {
            relatives.push(best.full());
        }
        relatives.sort_by_key(|known| std::cmp::Reverse(columns(known)));
        let mut others: Vec<Arc<dyn Format>> =
            relatives.iter().map(|known| ready(known.clone(), self.strict)).collect();
        if self.takes_longer_lines && !others.is_empty() {
            first = others.remove(0);
        }
        // Last, lines that begin as one of them and go on.
        if self.strict && !options.strict && !self.beside.is_empty() {
            others.extend(relatives.into_iter().map(|known| ready(known, false)));
        }
        let guests: BTreeSet<usize> = self.guests.iter().map(|(_, at)| *at).collect();
        let guests = guests.into_iter().filter_map(|at| self.candidates.get(at));
        let guests: Vec<&Candidate> = guests.filter(|c| c.name != best.name).collect();
        others.extend(guests.iter().map(|guest| ready(guest.full(), self.strict)));
        if self.strict && !options.strict {
            others.extend(guests.iter().map(|guest| ready(guest.full(), false)));
        }
        if !self.guests.is_empty() {
            let known = self.guests.iter().map(|(tag, _)| tag.clone()).chain(self.program.clone());
            others.push(Arc::new(Strangers::beside(known.collect(), self.framing)));
        }
        Chosen { format: Mixed::of(best.name, first, others), framing: label(self.framing), note }
    }

    fn why_not(&self) -> String {
        if self.candidates.iter().all(|c| c.lines == 0) {
            return "there is no access record to recognise a format by; name it with --format".into();
        }
        let mut text = String::from("no known format fits more than half of the lines");
        for c in self.candidates.iter().take(3) {
            let _ = write!(text, "; {} fits {} of {}", c.name, c.matched, c.lines);
            if let Some((line, error)) = c.first_refused {
                let _ = write!(text, " (line {}, {error})", line + 1);
            }
        }
        text.push_str("; name it with --format, or give your own log_format as nginx:'…' (envoy:, apache:, haproxy:, json:)");
        text
    }
}

/// nginx and Apache share their combined lines to the letter; only their escapes and their own statuses differ.
fn settle_clf(lines: &[Vec<u8>], candidates: &mut [Candidate], alike: &mut Vec<&'static str>) {
    let place = |name: &str| candidates.iter().position(|c| c.name == name);
    let (Some(0), Some(apache_place)) = (place("nginx-combined"), place("apache-combined")) else { return };
    // The same with a list of clients, of which these lines have none.
    alike.retain(|name| *name != "nginx-forwarded");
    if *alike != ["apache-combined"] {
        return;
    }
    let any = |needle: &[u8]| lines.iter().any(|l| memchr::memmem::find(l, needle).is_some());
    let hex = |lower: bool| {
        lines.iter().any(|l| {
            memchr::memmem::find_iter(l, b"\\x").any(|p| {
                let letters = l.get(p + 2..p + 4).unwrap_or_default();
                letters
                    .iter()
                    .any(|b| if lower { (b'a'..=b'f').contains(b) } else { (b'A'..=b'F').contains(b) })
            })
        })
    };
    let apache = any(b"\\\"") || any(b" 200 - \"") || any(b" 304 - \"") || any(b" 408 - \"") || hex(true);
    let nginx = any(b"\" 499 ") || any(b"\" 444 ") || any(b" 304 0 \"") || any(b"\" 000 ") || hex(false);
    if apache != nginx {
        alike.clear();
        if apache {
            candidates.swap(0, apache_place);
        }
    }
}
