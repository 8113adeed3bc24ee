//! The fuzz checks over their seeds, over what fuzzing found, and over mutants of both: the same ones every time. Every
//! preset reads more of them, line by line.

#[path = "../fuzz/src/lib.rs"]
mod checks;

use std::fs;
use std::path::Path;

use brownout::{Line, Spans};

use checks::{CHECKS, Check};

/// Inputs for each check.
const MUTANTS: usize = 20_000;
/// Inputs for the checks that count thousands of lines for each, or try every format.
const LONG_MUTANTS: usize = 400;
/// Lines for each preset.
const LINES: usize = 200_000;
/// Lines that are read at once.
const BLOCK: usize = 16;

macro_rules! replay {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                run(stringify!($name));
            }
        )*

        #[test]
        fn every_check_is_replayed() {
            let replayed = [$(stringify!($name)),*];
            assert!(CHECKS.iter().map(|c| c.0).eq(replayed));
            for name in replayed {
                assert!(Path::new("fuzz/fuzz_targets").join(name).with_extension("rs").exists(), "{name}");
            }
        }
    };
}

replay! {
    line_text line_json json_object format_text round_trip one_request aggregate_split detection stream time report whole_file
}

fn run(name: &str) {
    let &(_, check) = CHECKS.iter().find(|c| c.0 == name).unwrap();
    let seeds = files(&Path::new("fuzz/seeds").join(name));
    assert!(!seeds.is_empty(), "{name} has no seeds");
    let found = files(&Path::new("fuzz/regressions").join(name));
    for seed in seeds.iter().chain(&found) {
        checked(check, seed);
    }
    let words = words();
    let mut dice = Dice(0x6272_6f77_6e6f_7574);
    let mut mutant = Vec::new();
    for i in 0..if matches!(name, "detection" | "whole_file") { LONG_MUTANTS } else { MUTANTS } {
        mutant.clone_from(&seeds[i % seeds.len()]);
        for _ in 0..=dice.below(6) {
            mutate(&mut mutant, &mut dice, &seeds, &words);
        }
        mutant.truncate(4096);
        checked(check, &mutant);
    }
}

/// Every `of`th of the presets, on lines that it reads and what mutation makes of them.
fn mutants(share: usize, of: usize) {
    let words = words();
    let seeds: Vec<Vec<u8>> = ["line_text", "line_json"]
        .iter()
        .flat_map(|name| files(&Path::new("fuzz/seeds").join(name)))
        .flat_map(|text| text.split(|&b| b == b'\n').skip(1).map(<[u8]>::to_vec).collect::<Vec<_>>())
        .collect();
    // What labels a line of `ltsv` has is read from the lines: without lines it has no column.
    let presets = checks::presets().iter().filter(|preset| preset.0 != "ltsv");
    for (name, known) in presets.skip(share).step_by(of) {
        let format = checks::format(known);
        let mut spans = Spans::new();
        let mut reads = |line: &Vec<u8>| matches!(format.parse(line, &mut spans), Ok(Line::Access(_)));
        let own: Vec<Vec<u8>> = seeds.iter().filter(|line| reads(line)).cloned().collect();
        assert!(!own.is_empty(), "no seed is a line of {name}");
        let mut dice = Dice(0x6c69_6e65);
        let (mut block, mut mutant) = (Vec::new(), Vec::new());
        for _ in 0..LINES / BLOCK {
            block.clear();
            for _ in 0..BLOCK {
                mutant.clone_from(&own[dice.below(own.len())]);
                for _ in 0..=dice.below(3) {
                    mutate(&mut mutant, &mut dice, &own, &words);
                }
                block.extend_from_slice(&mutant);
                block.push(b'\n');
            }
            checked(|block| checks::mutants_hold(format, block), &block);
        }
    }
}

#[test]
fn mutants_of_lines_1() {
    mutants(0, 4);
}

#[test]
fn mutants_of_lines_2() {
    mutants(1, 4);
}

#[test]
fn mutants_of_lines_3() {
    mutants(2, 4);
}

#[test]
fn mutants_of_lines_4() {
    mutants(3, 4);
}

/// Runs a check, and shows the input where it fails.
fn checked(check: impl FnOnce(&[u8]), input: &[u8]) {
    struct Shown<'a>(&'a [u8]);
    impl Drop for Shown<'_> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                eprintln!("with the input b\"{}\"", self.0.escape_ascii());
            }
        }
    }
    let shown = Shown(input);
    check(shown.0);
}

/// The contents of a folder's files, by name; nothing where there is no folder.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|e| e.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|p| fs::read(p).unwrap()).collect()
}

/// The words of the dictionaries.
fn words() -> Vec<Vec<u8>> {
    let texts = files(Path::new("fuzz/dict"));
    let words: Vec<Vec<u8>> = texts
        .iter()
        .flat_map(|text| text.split(|&b| b == b'\n'))
        .filter_map(|line| line.strip_prefix(b"\"")?.strip_suffix(b"\""))
        .map(unescape)
        .collect();
    assert!(words.len() > 50);
    words
}

/// `\\`, `\"` and `\xHH`, as dictionaries write them.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'\\' {
            bytes.push(first);
        } else if after[0] == b'x' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&after[1..3]).unwrap(), 16).unwrap());
            rest = &after[3..];
        } else {
            bytes.push(after[0]);
            rest = &after[1..];
        }
    }
    bytes
}

/// One small change.
fn mutate(bytes: &mut Vec<u8>, dice: &mut Dice, seeds: &[Vec<u8>], words: &[Vec<u8>]) {
    let at = dice.below(bytes.len() + 1);
    let to = (at + 1 + dice.below(12)).min(bytes.len()).max(at);
    match dice.below(8) {
        0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
        1 if at < bytes.len() => bytes[at] = dice.below(256) as u8,
        2 => drop(bytes.drain(at..to)),
        3 => {
            let copy = bytes[at..to].to_vec();
            bytes.splice(at..at, copy);
        }
        4 | 5 => drop(bytes.splice(at..at, words[dice.below(words.len())].iter().copied())),
        6 => drop(bytes.splice(at..to, words[dice.below(words.len())].iter().copied())),
        _ => {
            let other = &seeds[dice.below(seeds.len())];
            let from = dice.below(other.len() + 1);
            let until = (from + dice.below(80)).min(other.len());
            bytes.splice(at..to, other[from..until].iter().copied());
        }
    }
}

/// A splitmix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

#[test]
fn dictionaries_are_unescaped() {
    assert_eq!(unescape(br#"a\x00\"\\\x22b"#), b"a\0\"\\\"b");
}

const _: &[Check] = CHECKS;
