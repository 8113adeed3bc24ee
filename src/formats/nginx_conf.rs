//! The formats of an nginx.conf, its includes followed: what was really configured, instead of a guess.
//!
//! Source of the rules: `ngx_conf_file.c` (tokens, `include`), `ngx_files.c` (globs: `*`, `?`, `[…]` within one path
//! component) and `ngx_http_log_module.c` (`log_format`, `access_log`).

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Known;
use crate::error::Error;

/// Files within files; nginx itself has no limit and dies of open files.
const DEPTH: usize = 16;
/// Files read in all.
const FILES: usize = 4096;
/// Blocks within blocks.
const NESTED: usize = 256;
/// Bytes of one file.
const BYTES: u64 = 8 << 20;

/// A `log_format` of a configuration, and the logs written in it.
#[derive(Debug, Clone)]
pub struct NamedFormat {
    /// Its name, `combined` for the one nginx has built in.
    pub name: String,
    /// The format, ready to read lines.
    pub format: Known,
    /// The paths of the `access_log`s that use it, as configured; variables in them stay as they are.
    pub logs: Vec<String>,
}

/// The formats of the configuration in `text`; `include` is asked for the texts of what an `include` names.
///
/// `combined`, nginx's default, comes last, unless the configuration uses no other: it is always there.
///
/// ```
/// let conf = r#"http {
///     log_format timed '$remote_addr [$time_local] "$request" '
///                      '$status $request_time';
///     server { access_log /var/log/nginx/a.log timed; }
/// }"#;
/// let formats = brownout::formats::nginx_conf(conf, &mut |_| Vec::new())?;
/// assert_eq!(formats[0].name, "timed");
/// assert_eq!(formats[0].logs, ["/var/log/nginx/a.log"]);
/// # Ok::<(), brownout::Error>(())
/// ```
///
/// # Errors
/// [`Error::Format`] for a `log_format` in use that nginx would refuse, or whose columns nothing separates; with the
/// place in the directive.
pub fn nginx_conf(
    text: &str,
    include: &mut dyn FnMut(&str) -> Vec<String>,
) -> Result<Vec<NamedFormat>, Error> {
    let mut found = Found::default();
    read(text, Place { depth: 0, in_streams: false }, include, &mut found);
    found.formats()
}

/// The formats of a configuration file and of the files it includes. Relative names are looked up beside the file
/// given, as nginx does. Of a copy of a configuration elsewhere, absolute names that lead nowhere are looked up in the
/// copy: `/etc/nginx/conf.d/*.conf` as `conf.d/*.conf` beside the file. An include that is not there is passed over, as
/// a copy seldom has all.
///
/// # Errors
/// [`Error::Io`] when the file itself cannot be read; [`Error::Format`] as in [`nginx_conf`].
pub fn nginx_conf_file(path: impl AsRef<Path>) -> Result<Vec<NamedFormat>, Error> {
    let path = path.as_ref();
    let io = |source| Error::Io { path: path.to_owned(), source };
    let text = read_text(path).map_err(io)?;
    let root = path.parent().map_or_else(PathBuf::new, Path::to_owned);
    let mut seen: HashSet<PathBuf> = fs::canonicalize(path).into_iter().collect();
    let mut include = |pattern: &str| {
        let mut texts = Vec::new();
        for file in named(&root, pattern) {
            let new = fs::canonicalize(&file).is_ok_and(|whole| seen.len() < FILES && seen.insert(whole));
            if let Some(text) = new.then(|| read_text(&file).ok()).flatten() {
                texts.push(text);
            }
        }
        texts
    };
    nginx_conf(&text, &mut include)
}

/// The files that an include names.
fn named(root: &Path, pattern: &str) -> Vec<PathBuf> {
    let found = glob(&root.join(pattern));
    if !found.is_empty() || !Path::new(pattern).has_root() {
        return found;
    }
    let mut rest = Path::new(pattern).components();
    let mut inside = std::iter::from_fn(|| rest.next().map(|_| glob(&root.join(rest.as_path()))));
    inside.find(|files| !files.is_empty()).unwrap_or_default()
}

fn read_text(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > BYTES {
        return Err(io::Error::other("too large for a configuration"));
    }
    Ok(String::from_utf8_lossy(&fs::read(path)?).into_owned())
}

/// The name of a format. Streams have names of their own.
struct Name {
    text: String,
    of_streams: bool,
}

impl Name {
    fn is(&self, other: &Self) -> bool {
        self.of_streams == other.of_streams && self.text.eq_ignore_ascii_case(&other.text)
    }
}

/// What the directives say.
#[derive(Default)]
struct Found {
    /// Name and the directive's text, from `log_format` to before the `;`.
    definitions: Vec<(Name, String)>,
    /// Path and name.
    logs: Vec<(String, Name)>,
}

impl Found {
    fn formats(mut self) -> Result<Vec<NamedFormat>, Error> {
        self.definitions.push((Name { text: "combined".into(), of_streams: false }, String::new()));
        let mut formats: Vec<NamedFormat> = Vec::new();
        for (i, (name, directive)) in self.definitions.iter().enumerate() {
            if self.definitions.iter().take(i).any(|(earlier, _)| earlier.is(name)) {
                continue;
            }
            let logs = self.logs.iter().filter(|(_, used)| used.is(name));
            let logs: Vec<String> = logs.map(|(path, _)| path.clone()).collect();
            match compile(&name.text, directive) {
                Ok(format) => formats.push(NamedFormat { name: name.text.clone(), format, logs }),
                // What no log is written in does not matter.
                Err(_) if logs.is_empty() => {}
                Err(error) => return Err(error),
            }
        }
        // Formats in use come first, in the order they are defined.
        formats.sort_by_key(|f| f.logs.is_empty());
        Ok(formats)
    }
}

fn compile(name: &str, directive: &str) -> Result<Known, Error> {
    if directive.is_empty() {
        return super::by_name("nginx-combined").ok_or_else(|| Error::Unrecognised("nginx-combined".into()));
    }
    let known = super::compile("nginx", directive).transpose()?;
    match known.ok_or_else(|| Error::Unrecognised("nginx".into()))? {
        Known::Text(template) => Ok(Known::Text(template.named(name))),
        json @ Known::Json(_) => Ok(json),
    }
}

/// Where a directive stands.
#[derive(Clone, Copy)]
struct Place {
    /// Files within files.
    depth: usize,
    /// Inside of a `stream` block. No other block matters: a name is that of all of them.
    in_streams: bool,
}

/// Collects the directives of one file.
fn read(text: &str, place: Place, include: &mut dyn FnMut(&str) -> Vec<String>, found: &mut Found) {
    let mut tokens = Tokens { text, at: 0 };
    let mut words: Vec<Token> = Vec::new();
    // By block that is open: whether it is of streams.
    let mut blocks = vec![place.in_streams];
    while let Some(token) = tokens.next() {
        let Some(end) = token.end else {
            words.push(token);
            continue;
        };
        let in_streams = blocks.last().is_some_and(|&is| is);
        match text.as_bytes().get(end) {
            Some(b'{') => {
                blocks.push(in_streams || words.first().is_some_and(|word| word.text == "stream"));
                // Blocks in blocks are few; a file of braces is none.
                blocks.truncate(NESTED);
            }
            Some(b'}') if blocks.len() > 1 => drop(blocks.pop()),
            _ => {}
        }
        directive(text, &words, end, Place { in_streams, ..place }, include, found);
        words.clear();
    }
}

fn directive(
    text: &str,
    words: &[Token],
    end: usize,
    place: Place,
    include: &mut dyn FnMut(&str) -> Vec<String>,
    found: &mut Found,
) {
    let word = |i: usize| words.get(i).map(|w: &Token| w.text.as_str());
    let named = |text: &str| Name { text: text.into(), of_streams: place.in_streams };
    match word(0) {
        Some("log_format") => {
            if let (Some(name), Some(first)) = (word(1), words.first()) {
                let whole = text.get(first.start..end).unwrap_or_default();
                found.definitions.push((named(name), whole.into()));
            }
        }
        Some("access_log") => match (word(1), word(2)) {
            (None | Some("off"), _) => {}
            (Some(path), name) => {
                let name = name.filter(|name| !name.contains('=')).unwrap_or("combined");
                found.logs.push((path.into(), named(name)));
            }
        },
        Some("include") if place.depth < DEPTH => {
            for text in word(1).map(&mut *include).unwrap_or_default() {
                read(&text, Place { depth: place.depth + 1, ..place }, include, found);
            }
        }
        _ => {}
    }
}

/// A word, or what ends a directive: `;`, `{` or `}`.
struct Token {
    text: String,
    start: usize,
    /// For what ends a directive: where it stands.
    end: Option<usize>,
}

/// Reads a configuration as nginx does: words bare or in quotes, comments, and what ends a directive.
struct Tokens<'t> {
    text: &'t str,
    at: usize,
}

impl Tokens<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn next(&mut self) -> Option<Token> {
        loop {
            let blanks = self.rest().len() - self.rest().trim_start().len();
            self.at += blanks;
            if !self.rest().starts_with('#') {
                break;
            }
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
        let start = self.at;
        let first = self.rest().chars().next()?;
        self.at += first.len_utf8();
        match first {
            ';' | '{' | '}' => Some(Token { text: String::new(), start, end: Some(start) }),
            '"' | '\'' => Some(self.quoted(first, start)),
            _ => {
                self.at = start;
                Some(self.bare(start))
            }
        }
    }

    fn quoted(&mut self, quote: char, start: usize) -> Token {
        let mut text = String::new();
        while let Some(c) = self.step() {
            match c {
                '\\' => self.escaped(&mut text),
                c if c == quote => break,
                c => text.push(c),
            }
        }
        Token { text, start, end: None }
    }

    fn bare(&mut self, start: usize) -> Token {
        let mut text = String::new();
        while let Some(c) = self.rest().chars().next() {
            // `${name}` is part of a word.
            if c.is_whitespace() || c == ';' || (c == '{' && !text.ends_with('$')) {
                break;
            }
            self.at += c.len_utf8();
            if c == '\\' { self.escaped(&mut text) } else { text.push(c) }
        }
        Token { text, start, end: None }
    }

    fn step(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn escaped(&mut self, text: &mut String) {
        match self.step() {
            Some(c @ ('"' | '\'' | '\\')) => text.push(c),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('n') => text.push('\n'),
            Some(c) => text.extend(['\\', c]),
            None => text.push('\\'),
        }
    }
}

/// The files a pattern names, sorted by name as `glob(3)` does; the pattern itself where it has no wildcard.
fn glob(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        let name = part.as_os_str().to_string_lossy();
        if !name.contains(['*', '?', '[']) {
            for path in &mut found {
                path.push(part);
            }
            continue;
        }
        let mut next = Vec::new();
        for folder in &found {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
            let mut names: Vec<_> = names
                .filter(|entry| {
                    let entry = entry.to_string_lossy();
                    // As for a shell, a wildcard at the start leaves out hidden files.
                    (!entry.starts_with('.') || name.starts_with('.')) && matches(&name, &entry)
                })
                .collect();
            names.sort();
            next.extend(names.into_iter().map(|name| folder.join(name)));
            next.truncate(FILES);
        }
        found = next;
    }
    found.retain(|path| path.is_file());
    found
}

/// Whether `name` fits a pattern of `*`, `?` and `[a-z]`. Steps back to the last `*` only, so it takes time
/// `pattern × name` at most.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match one(pattern.get(p..).unwrap_or_default(), name[n]) {
            Some(0) => {
                star = Some((p, n));
                p += 1;
            }
            Some(width) => {
                p += width;
                n += 1;
            }
            None => match &mut star {
                Some((from, at)) => {
                    *at += 1;
                    (p, n) = (*from + 1, *at);
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|&c| c == '*')
}

/// How many characters of the pattern match this one; 0 for a `*`, `None` where it does not match.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match pattern.first()? {
        '*' => Some(0),
        '?' => Some(1),
        '[' => {
            let close = pattern.iter().skip(2).position(|&c| c == ']')? + 2;
            let (not, set) = match pattern.get(1..close)? {
                ['!' | '^', set @ ..] => (true, set),
                set => (false, set),
            };
            let mut inside = false;
            let mut i = 0;
            while let Some(&low) = set.get(i) {
                let range = (set.get(i + 1) == Some(&'-')).then(|| set.get(i + 2)).flatten();
                inside |= range.map_or(low == c, |&high| (low..=high).contains(&c));
                i += if range.is_some() { 3 } else { 1 };
            }
            (inside != not).then_some(close + 1)
        }
        first => (*first == c).then_some(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/nginx-conf")
    }

    fn summary(formats: &[NamedFormat]) -> Vec<String> {
        let one = |f: &NamedFormat| {
            let kind = match &f.format {
                Known::Text(_) => "text",
                Known::Json(_) => "json",
            };
            let columns = f.format.format().schema().columns().len();
            format!("{} {kind} {columns} [{}]", f.name, f.logs.join(" "))
        };
        formats.iter().map(one).collect()
    }

    #[test]
    fn a_configuration_with_includes() {
        let formats = nginx_conf_file(folder().join("nginx.conf")).unwrap();
        assert_eq!(
            summary(&formats),
            [
                "main text 9 [/var/log/nginx/access.log]",
                "timed text 12 [/var/log/nginx/shop.log /var/log/nginx/${host}.log]",
                "structured json 6 [syslog:server=127.0.0.1:514,tag=nginx]",
                "combined text 8 [/var/log/nginx/plain.log]",
                "unused text 2 []",
            ]
        );
    }

    /// As a server has it and brought here: absolute names, streams beside sites, a name in both.
    #[test]
    fn a_copied_configuration() {
        let formats = nginx_conf_file(folder().join("copied/nginx.conf")).unwrap();
        assert_eq!(
            summary(&formats),
            [
                "main text 9 [/var/log/nginx/access.log]",
                "api json 3 [/var/log/nginx/api.log]",
                "main text 7 [/var/log/nginx/streams.log]",
                "combined text 8 []",
            ]
        );
    }

    #[test]
    fn loops_and_missing_files_end() {
        let formats = nginx_conf_file(folder().join("loop-a.conf")).unwrap();
        assert_eq!(summary(&formats), ["a text 1 [/var/log/a.log]", "b text 1 []", "combined text 8 []"]);
        assert!(matches!(nginx_conf_file(folder().join("none.conf")), Err(Error::Io { .. })));
        // Not a file but a caller that always has more.
        let endless = nginx_conf("include x;", &mut |_| vec!["include x; log_format d $status;".into()]);
        assert_eq!(endless.unwrap().len(), 2);
    }

    #[test]
    fn mistakes_have_a_place() {
        let error = nginx_conf("access_log a x; log_format x '$status $';", &mut |_| Vec::new()).unwrap_err();
        assert!(matches!(error, Error::Format(_)), "{error}");
        // Nothing of it is a directive of ours.
        for odd in ["", "}{;;", "log_format;", "access_log;", "'unclosed", "a \\", "include;", "# end"] {
            assert_eq!(nginx_conf(odd, &mut |_| Vec::new()).unwrap().len(), 1, "{odd}");
        }
    }

    #[test]
    fn wildcards() {
        for (pattern, name, fits) in [
            ("*.conf", "a.conf", true),
            ("*.conf", "a.conf.bak", false),
            ("a*b*c", "aXbYbc", true),
            ("a*b*c", "aXbYb", false),
            ("?.conf", "a.conf", true),
            ("?.conf", "ab.conf", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[ab", "a", false),
            ("", "", true),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }
}
