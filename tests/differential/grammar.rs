//! Random sequences of requests: mostly valid, some wrong, over few keys so that commands meet each other's work.
//!
//! A template is a request with holes:
//!
//! | notation | meaning |
//! |---|---|
//! | `WORD` | itself |
//! | `<hole>` | a random value of that kind, see [`Writer::hole`] |
//! | `(a \| b c)` | one of the alternatives |
//! | `[a \| b c]` | one of them or nothing |
//! | `{a b}` | one to four times |

use std::collections::HashSet;
use std::fmt::Write;
use std::iter::Peekable;
use std::str::SplitWhitespace;
use std::sync::OnceLock;

use rkvs_engine::rdb::{Content, Encoder, Pairs, Settings};
use rkvs_engine::value::hash::HashLimits;
use rkvs_tests::line;

use crate::random::Random;

/// Weights and templates. A command of a new group joins by its line here.
const TEMPLATES: &[(usize, &str)] = &[
    // Strings.
    (8, "SET <skey> <value>"),
    (8, "SET <skey> <value> [NX | XX] [GET] [EX <ttl> | PX <pttl> | EXAT <at> | PXAT <pat> | KEEPTTL]"),
    (1, "SET <skey> <value> {(NX | XX | GET | EX <ttl> | PX <pttl> | EXAT <at> | KEEPTTL | <word>)}"),
    (8, "GET <skey>"),
    (2, "GETSET <skey> <value>"),
    (2, "GETDEL <skey>"),
    (3, "GETEX <skey> [EX <ttl> | PX <pttl> | EXAT <at> | PXAT <pat> | PERSIST]"),
    (1, "GETEX <skey> {(EX <ttl> | PX <pttl> | PERSIST | <word>)}"),
    (2, "SETNX <skey> <value>"),
    (2, "SETEX <skey> <ttl> <value>"),
    (2, "PSETEX <skey> <pttl> <value>"),
    (3, "MSET {<skey> <value>}"),
    (2, "MSETNX {<skey> <value>}"),
    (3, "MGET {<skey>}"),
    (3, "APPEND <skey> <value>"),
    (3, "STRLEN <skey>"),
    (3, "GETRANGE <skey> <index> <index>"),
    (1, "SUBSTR <skey> <index> <index>"),
    (4, "SETRANGE <skey> <offset> <value>"),
    (3, "INCR <skey>"),
    (3, "DECR <skey>"),
    (4, "INCRBY <skey> <int>"),
    (4, "DECRBY <skey> <int>"),
    (4, "INCRBYFLOAT <skey> <float>"),
    (3, "LCS <skey> <skey> [LEN | IDX] [MINMATCHLEN <index>] [WITHMATCHLEN]"),
    (1, "LCS <skey> <skey> {(LEN | IDX | MINMATCHLEN <int> | WITHMATCHLEN | <word>)}"),
    // Keys.
    (3, "DEL {<key>}"),
    (2, "UNLINK {<key>}"),
    (3, "EXISTS {<key>}"),
    (2, "TOUCH {<key>}"),
    (4, "TYPE <key>"),
    (4, "EXPIRE <key> <ttl> [NX | XX | GT | LT]"),
    (3, "PEXPIRE <key> <pttl> [NX | XX | GT | LT]"),
    (4, "EXPIREAT <key> <at> [NX | XX | GT | LT]"),
    (3, "PEXPIREAT <key> <pat> [NX | XX | GT | LT]"),
    (1, "EXPIRE <key> <ttl> {(NX | XX | GT | LT | <word>)}"),
    (3, "PERSIST <key>"),
    (4, "TTL <key>"),
    (3, "PTTL <key>"),
    (3, "EXPIRETIME <key>"),
    (3, "PEXPIRETIME <key>"),
    (2, "RENAME <key> <key>"),
    (2, "RENAMENX <key> <key>"),
    (3, "COPY <key> <key> [DB <db>] [REPLACE]"),
    (2, "MOVE <key> <db>"),
    (4, "DUMP <key>"),
    (3, "RESTORE <skey> 0 <spayload> [REPLACE]"),
    (3, "RESTORE <hkey> 0 <hpayload> [REPLACE]"),
    (2, "RESTORE <key> <rttl> <payload> REPLACE [IDLETIME <index> | FREQ <index>]"),
    (2, "RESTORE <key> <pat> <payload> ABSTTL [REPLACE] [IDLETIME <index> | FREQ <index>]"),
    (2, "RESTORE <key> (0 | <rttl>) <payload> {(REPLACE | IDLETIME <int> | FREQ <int> | <word>)}"),
    (2, "RANDOMKEY"),
    (3, "KEYS <pattern>"),
    (3, "SCAN <cursor> [MATCH <pattern>] [COUNT <count>] [TYPE <type>]"),
    (1, "SCAN <int> {(MATCH <pattern> | COUNT <int> | TYPE <type> | <word>)}"),
    (4, "OBJECT ENCODING <key>"),
    (1, "OBJECT REFCOUNT <key>"),
    (1, "OBJECT IDLETIME <key>"),
    (1, "OBJECT FREQ <key>"),
    (3, "DBSIZE"),
    (1, "SWAPDB <db> <db>"),
    (1, "FLUSHDB [SYNC | ASYNC | <word>]"),
    (1, "FLUSHALL [SYNC | ASYNC | <word>]"),
    // Hashes.
    (8, "HSET <hkey> {<field> <value>}"),
    (2, "HMSET <hkey> {<field> <value>}"),
    (2, "HSETNX <hkey> <field> <value>"),
    (5, "HGET <hkey> <field>"),
    (3, "HMGET <hkey> {<field>}"),
    (4, "HGETALL <hkey>"),
    (2, "HKEYS <hkey>"),
    (2, "HVALS <hkey>"),
    (3, "HLEN <hkey>"),
    (2, "HSTRLEN <hkey> <field>"),
    (3, "HEXISTS <hkey> <field>"),
    (3, "HDEL <hkey> {<field>}"),
    (4, "HINCRBY <hkey> <field> <int>"),
    (4, "HINCRBYFLOAT <hkey> <field> <float>"),
    (3, "HRANDFIELD <hkey> [<sample> [WITHVALUES]]"),
    (1, "HRANDFIELD <hkey> <samples> [<word>]"),
    (3, "HSCAN <hkey> <cursor> [MATCH <pattern>] [COUNT <count>]"),
    (1, "HSCAN <hkey> <int> {(MATCH <pattern> | COUNT <int> | <word>)}"),
    // Transactions.
    (4, "MULTI"),
    (8, "EXEC"),
    (1, "DISCARD"),
    (4, "WATCH {<key>}"),
    (1, "UNWATCH"),
    // Connections.
    (5, "SELECT <db>"),
    (1, "PING [<value>]"),
    (1, "ECHO <value>"),
    (1, "RESET"),
    // 7.0 acts on each option as it reads it, 7.2 after reading all: so none that takes effect before one that fails.
    (1, "HELLO [2 | 3 | <int>]"),
    (1, "HELLO (2 | 3) [AUTH <word> <word>] [SETNAME <word>]"),
    (1, "HELLO (2 | 3) (foo | NX | AUTH | '' | SETNAME)"),
    (1, "AUTH [default] <word>"),
    (1, "CLIENT GETNAME"),
    (1, "CLIENT SETNAME <value>"),
    (1, "CLIENT ID"),
    (1, "CLIENT NO-EVICT (ON | OFF | <word>)"),
    (1, "CLIENT REPLY (ON | <word>)"),
    (1, "CLIENT KILL (ID 99999999 | ADDR 1.2.3.4:5 | 1.2.3.4:5 | <word> <int>)"),
    (1, "CLIENT (INFO | LIST | UNPAUSE | <word>)"),
    // The server.
    (1, "TIME"),
    (1, "ROLE"),
    (1, "CONFIG GET <setting>"),
    (1, "CONFIG SET hash-max-listpack-entries <index>"),
    (1, "CONFIG SET hash-max-listpack-value <index>"),
    // Two servers never use the same memory, so a limit is either far away or not there.
    (1, "CONFIG SET {(timeout <int> | databases <int> | no-such-setting 1 | maxmemory <limit>)}"),
    (1, "COMMAND GETKEYS <command>"),
    (1, "COMMAND GETKEYSANDFLAGS <command>"),
    (1, "COMMAND INFO <word>"),
    (1, "SLOWLOG (LEN | RESET | GET <word>)"),
    (1, "MEMORY USAGE <key> [SAMPLES <index>]"),
    (1, "MEMORY <word>"),
    (1, "OBJECT <word> <key>"),
    (1, "DEBUG SET-ACTIVE-EXPIRE (0 | 1)"),
    (2, "DEBUG DIGEST-VALUE {<key>}"),
    // Not DIGEST: expired keys that nobody has met yet are part of it there.
    // A negative number ends the reference.
    (1, "DEBUG POPULATE (0 | 1 | 7 | x) [<skey> [(0 | 1 | 30 | x)]]"),
    (1, "LATENCY (GRAPH | HISTORY) <word>"),
    (1, "<word> {<value>}"),
];

/// Keys that mostly hold strings, and keys that mostly hold hashes.
const STRING_KEYS: &[&[u8]] = &[b"s1", b"s2", b"s3", b"{tag}s4"];
const HASH_KEYS: &[&[u8]] = &[b"h1", b"h2", b"h3"];
const ODD_KEYS: &[&[u8]] = &[b"", b"k\0\r\n\xff", b"missing"];

const FIELDS: &[&[u8]] = &[b"f1", b"f2", b"f3", b"f4", b"", b"7", b"\xc3\xa9\0"];

/// Where numbers and their parsers break.
const BOUNDARIES: &[&str] = &[
    "-9223372036854775808",
    "-9223372036854775807",
    "-9223372036854775809",
    "-1",
    "0",
    "1",
    "2147483647",
    "2147483648",
    "2147483649",
    "-2147483649",
    "4294967295",
    "4294967296",
    "4294967297",
    "9007199254740992",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e400",
    "nan",
    "NaN",
    "inf",
    "-inf",
    "",
    " 1",
    "1 ",
    "01",
    "+1",
    "-0",
    "1.5",
    "0x10",
    "1e3",
];

const FLOATS: &[&str] = &[
    "0.1",
    "0.2",
    "1.5",
    "-1.5",
    "3",
    "-3",
    "10.5",
    "1e2",
    "5.0e3",
    "1e-5",
    "0.001",
    "100000000",
    "3.0",
    "-0.0",
    "1234567.891",
    "1e17",
    "123456789.125",
    ".5",
    "5.",
];

/// What takes the place of an argument in a request made wrong. Small positive numbers are not among them: as a
/// deadline they would fall due during the test.
const WRONG: &[&str] = &[
    "",
    "x",
    "-1",
    "0",
    "9223372036854775807",
    "9223372036854775808",
    "1e400",
    "nan",
    " 1",
    "*",
    "NX",
    "COUNT",
    "s1",
    "h1",
];

const WORDS: &[&str] = &[
    "foo",
    "bar",
    "",
    "LEN",
    "NX",
    "get",
    "ON",
    "default",
    "a b",
    "new\nline",
    "0",
    "-1",
    "SETNAME",
    "WITHVALUES",
    "usage",
    "\u{e9}",
];

const SETTINGS: &[&str] = &[
    "maxmemory",
    "maxmemory-policy",
    "timeout",
    "databases",
    "proto-max-bulk-len",
    "hash-max-listpack-entries",
    "hash-max-listpack-value",
    "hash-max-ziplist-*",
    "slowlog-max-len",
    "MAXMEMORY",
    "no-such-setting",
];

const PATTERNS: &[&str] = &["*", "s*", "h?", "[sh]1", "[^s]*", "s[1-3]", "*\\*", "", "f[12", "*f*1*", "\\s1", "[a-]1"];

/// A database index a template may choose; two that exist besides 0 are enough for keys to meet.
const DATABASES: &[&str] = &["0", "0", "0", "1", "1", "9", "15", "16", "-1", "x", "2147483648", "4294967296"];

/// The cursor that makes [`crate::pair`] walk a whole iteration.
pub(crate) const ITERATE: &[u8] = b"<iterate>";

/// One request on one of the two connections.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// 0 or 1.
    pub connection: usize,
    pub args: Vec<Vec<u8>>,
}

/// What both servers are sent.
#[derive(Debug, Clone)]
pub(crate) struct Sequence {
    /// Whether each connection opens with `HELLO 3`.
    pub resp3: [bool; 2],
    pub steps: Vec<Step>,
}

impl Sequence {
    /// A sequence of requests on one RESP2 connection.
    pub(crate) fn of_lines(lines: &[&str]) -> Self {
        let steps = lines.iter().map(|l| Step { connection: 0, args: line::split(l) }).collect();
        Self { resp3: [false; 2], steps }
    }

    /// The requests up to number `last`, as one would type them.
    pub(crate) fn listing(&self, last: usize) -> String {
        let mut out = String::new();
        for step in &self.steps[..=last] {
            let (name, protocol) = (["A", "B"][step.connection], if self.resp3[step.connection] { 3 } else { 2 });
            writeln!(out, "  {name}/RESP{protocol}> {}", line::join(&step.args)).expect("a string takes text");
        }
        out
    }
}

/// The sequence that `seed` stands for.
pub(crate) fn sequence(seed: u64) -> Sequence {
    let mut writer = Writer { random: Random::new(seed), used_ttl_s: HashSet::new() };
    let resp3 = [writer.random.chance(50), writer.random.chance(50)];
    let len = 40 + writer.random.below(300);
    let mut steps = Vec::with_capacity(len);
    let mut connection = 0;
    while steps.len() < len {
        // Long turns of one connection are sent as one pipeline; changes of turn are what WATCH needs.
        if writer.random.chance(8) {
            connection = 1 - connection;
        }
        let mut args = writer.request(|_| true);
        let is_left_alone = ["HELLO", "RESTORE"].iter().any(|name| args[0].eq_ignore_ascii_case(name.as_bytes()));
        if !is_left_alone && writer.random.chance(6) {
            writer.break_request(&mut args);
        }
        if shows_a_whole_table(&args) {
            continue;
        }
        steps.push(Step { connection, args });
    }
    Sequence { resp3, steps }
}

/// Requests that list all commands or all settings, which no two servers share: [`crate::command_table`] has its own way
/// with the first, and the settings are not part of what is compared.
fn shows_a_whole_table(args: &[Vec<u8>]) -> bool {
    let named = |i: usize, name: &str| args.get(i).is_some_and(|arg| arg.eq_ignore_ascii_case(name.as_bytes()));
    let all_settings = named(1, "GET") && args[2..].iter().any(|pattern| pattern == b"*");
    (named(0, "COMMAND") && args.len() < 3) || (named(0, "CONFIG") && all_settings)
}

type Template = (usize, Vec<Item>);

#[derive(Debug, Clone)]
enum Item {
    Word(String),
    Hole(String),
    OneOf { alternatives: Vec<Vec<Item>>, optional: bool },
    Repeated(Vec<Item>),
}

/// All templates, or those of the commands named in `RKVS_DIFFERENTIAL_ONLY`.
fn templates() -> &'static [Template] {
    static PARSED: OnceLock<Vec<Template>> = OnceLock::new();
    PARSED.get_or_init(|| {
        let only = std::env::var("RKVS_DIFFERENTIAL_ONLY").unwrap_or_default().to_uppercase();
        let only: Vec<_> = only.split([',', ' ']).filter(|name| !name.is_empty()).collect();
        let wanted = |text: &str| only.is_empty() || text.split(' ').next().is_some_and(|name| only.contains(&name));
        let chosen: Vec<_> =
            TEMPLATES.iter().filter(|(_, text)| wanted(text)).map(|&(weight, text)| (weight, parse(text))).collect();
        assert!(!chosen.is_empty(), "RKVS_DIFFERENTIAL_ONLY names no command that has a template");
        chosen
    })
}

/// Reads a template; brackets may touch words.
fn parse(text: &str) -> Vec<Item> {
    let spaced = text.chars().fold(String::new(), |mut out, c| {
        match c {
            '[' | ']' | '(' | ')' | '{' | '}' | '|' => out.extend([' ', c, ' ']),
            _ => out.push(c),
        }
        out
    });
    let mut words = spaced.split_whitespace().peekable();
    let items = parse_items(&mut words);
    assert!(words.next().is_none(), "unbalanced template: {text}");
    items
}

fn parse_items(words: &mut Peekable<SplitWhitespace<'_>>) -> Vec<Item> {
    let mut items = Vec::new();
    while let Some(word) = words.next_if(|word| !matches!(*word, "]" | ")" | "}" | "|")) {
        items.push(match word {
            "[" | "(" => Item::OneOf { optional: word == "[", alternatives: parse_alternatives(words) },
            "{" => Item::Repeated(parse_alternatives(words).remove(0)),
            _ => match word.strip_prefix('<').and_then(|word| word.strip_suffix('>')) {
                Some(hole) => Item::Hole(hole.into()),
                None => Item::Word(word.into()),
            },
        });
    }
    items
}

fn parse_alternatives(words: &mut Peekable<SplitWhitespace<'_>>) -> Vec<Vec<Item>> {
    let mut alternatives = vec![parse_items(words)];
    while words.next_if_eq(&"|").is_some() {
        alternatives.push(parse_items(words));
    }
    words.next(); // the closing bracket
    alternatives
}

struct Writer {
    random: Random,
    /// Lifetimes in seconds already given out. Two equal ones on one key would make `GT` and `LT` depend on whether a
    /// millisecond passed between two commands.
    used_ttl_s: HashSet<usize>,
}

impl Writer {
    /// A request of one of the templates that are `wanted`, by their weights.
    fn request(&mut self, wanted: fn(&Template) -> bool) -> Vec<Vec<u8>> {
        let total: usize = templates().iter().filter(|t| wanted(t)).map(|(weight, _)| weight).sum();
        let mut left = self.random.below(total);
        for (weight, items) in templates().iter().filter(|t| wanted(t)) {
            if left < *weight {
                let mut args = Vec::new();
                self.fill(items, &mut args);
                return args;
            }
            left -= weight;
        }
        unreachable!("the number is below the sum of the weights")
    }

    fn fill(&mut self, items: &[Item], out: &mut Vec<Vec<u8>>) {
        for item in items {
            match item {
                Item::Word(word) => out.push(word.clone().into_bytes()),
                Item::Hole(hole) if hole == "command" => {
                    let nested = self.request(|(_, items)| !is_nested(items));
                    out.extend(nested);
                }
                Item::Hole(hole) => {
                    let arg = self.hole(hole);
                    out.push(arg);
                }
                Item::OneOf { optional: true, .. } if self.random.chance(55) => {}
                Item::OneOf { alternatives, .. } => {
                    let chosen = self.random.below(alternatives.len());
                    self.fill(&alternatives[chosen], out);
                }
                Item::Repeated(items) => {
                    for _ in 0..=self.random.below(4) {
                        self.fill(items, out);
                    }
                }
            }
        }
    }

    fn hole(&mut self, kind: &str) -> Vec<u8> {
        let random = &mut self.random;
        match kind {
            "key" => match random.below(20) {
                0 => random.pick(ODD_KEYS).to_vec(),
                1..=10 => random.pick(STRING_KEYS).to_vec(),
                _ => random.pick(HASH_KEYS).to_vec(),
            },
            "skey" if random.chance(90) => random.pick(STRING_KEYS).to_vec(),
            "hkey" if random.chance(90) => random.pick(HASH_KEYS).to_vec(),
            "skey" | "hkey" => self.hole("key"),
            "field" => random.pick(FIELDS).to_vec(),
            "value" => self.value(),
            "payload" if random.chance(50) => self.hole("spayload"),
            "payload" => self.hole("hpayload"),
            "spayload" => {
                let value = self.value();
                self.payload(Content::String(&value))
            }
            "hpayload" => {
                let fields: HashSet<&[u8]> = (0..1 + random.below(5)).map(|_| *random.pick(FIELDS)).collect();
                let pairs: Vec<_> = fields.into_iter().map(|field| (field, self.value())).collect();
                let pairs: Pairs = pairs.iter().map(|(field, value)| (*field, &value[..])).collect();
                self.payload(Content::Hash(&pairs))
            }
            "int" => match random.below(10) {
                0..=5 => (random.below(40) as i64 - 10).to_string().into_bytes(),
                _ => random.word(BOUNDARIES),
            },
            // Into a string: near its ends, or far out.
            "index" => match random.below(10) {
                0..=7 => (random.below(24) as i64 - 8).to_string().into_bytes(),
                _ => random.word(BOUNDARIES),
            },
            // SETRANGE makes the string that long, and LCS takes the product of two lengths: nothing between 2 kB and the
            // limit of 512 MB.
            "offset" => match random.below(10) {
                0..=7 => random.below(20).to_string().into_bytes(),
                8 => random.below(2_000).to_string().into_bytes(),
                _ => random.word(BOUNDARIES),
            },
            "float" => match random.below(10) {
                0..=5 => random.word(FLOATS),
                6..=7 => (random.below(2000) as i64 - 1000).to_string().into_bytes(),
                _ => random.word(BOUNDARIES),
            },
            "ttl" => self.lifetime(1),
            "pttl" => self.lifetime(1000),
            // The largest number is a listed difference, after which the two servers hold different keys.
            "rttl" => Some(self.lifetime(1000)).filter(|ttl| ttl != b"9223372036854775807").unwrap_or_default(),
            "at" => random.word(&[
                "33177117420",
                "33177117421",
                "4102444800",
                "99999999999",
                "1",
                "1000000000",
                "0",
                "-1",
                "x",
                "9223372036854775807",
                "9223372036854775",
                "-9223372036854775808",
                "9223372036854775808",
                "",
            ]),
            "pat" => random.word(&[
                "33177117420000",
                "33177117420001",
                "4102444800123",
                "99999999999999",
                "1",
                "1000000000",
                "0",
                "-1",
                "x",
                "9223372036854775807",
                "-9223372036854775808",
                "9223372036854775808",
                "",
            ]),
            "db" => random.word(DATABASES),
            "pattern" => random.word(PATTERNS),
            "cursor" => match random.below(10) {
                0..=7 => ITERATE.to_vec(),
                8 => b"0".to_vec(),
                _ => random.word(&["x", "-1", "18446744073709551616", "", " 0"]),
            },
            "count" => random.word(&["1", "2", "10", "1000", "1000", "0", "-1", "x", "9223372036854775807"]),
            // HRANDFIELD with repeats answers as many fields as it is asked for, so no great negative numbers.
            "sample" => (random.below(16) as i64 - 8).to_string().into_bytes(),
            "samples" => loop {
                let count = random.word(BOUNDARIES);
                if count.len() < 3 || !count.starts_with(b"-") {
                    break count;
                }
            },
            "type" => random.word(&["string", "hash", "list", "HASH", "foo"]),
            "limit" => random.word(&["0", "2gb", "3000MB", "99999999999", "x", "1x", "-1", ""]),
            "setting" => random.word(SETTINGS),
            "word" => random.word(WORDS),
            _ => panic!("no such hole: {kind}"),
        }
    }

    fn value(&mut self) -> Vec<u8> {
        let random = &mut self.random;
        match random.below(20) {
            0..=5 => (random.below(200) as i64 - 50).to_string().into_bytes(),
            6..=8 => random.pick(&[&b"hello"[..], b"world", b"abcabc", b"ohmytext", b"mynewtext"]).to_vec(),
            9..=10 => random.word(BOUNDARIES),
            11..=13 => random.word(FLOATS),
            // The reference changes encodings at 44 and 64 bytes.
            14..=15 => vec![b'v'; 43 + random.below(3)],
            16 => vec![b'w'; 63 + random.below(3)],
            17 => b"\r\n\0\xff$5\r\n".to_vec(),
            18 => Vec::new(),
            _ => (0..random.below(300)).map(|_| random.next() as u8).collect(),
        }
    }

    /// What DUMP would answer, now and then damaged. A checksum that fits damage is not among it: by default the reference does
    /// not look closely at what has one, and such a payload can end it.
    fn payload(&mut self, content: Content<'_>) -> Vec<u8> {
        let random = &mut self.random;
        let hash_limits = HashLimits { packed_entries_max: random.below(6), ..HashLimits::default() };
        let mut payload = Encoder::new(Settings { hash_limits, ..Settings::default() }).dump(content);
        if random.chance(15) {
            let at = random.below(payload.len());
            match random.below(3) {
                0 => payload.truncate(at),
                1 => payload[at] ^= 1 << random.below(8),
                _ => payload.insert(at, random.next() as u8),
            }
        }
        payload
    }

    /// A duration of hours, or one that is refused or has passed; `per_second` is its unit. Never one that could fall
    /// due during the test.
    fn lifetime(&mut self, per_second: usize) -> Vec<u8> {
        if self.random.chance(12) {
            let far: Vec<_> = BOUNDARIES.iter().filter(|text| !matches!(**text, "1" | "4294967297")).collect();
            return self.random.pick(&far).as_bytes().to_vec();
        }
        loop {
            let ttl_s = 1000 + 10 * self.random.below(100_000);
            if self.used_ttl_s.insert(ttl_s) {
                return (ttl_s * per_second).to_string().into_bytes();
            }
        }
    }

    /// Makes a request wrong in one place, or differently spelt.
    fn break_request(&mut self, args: &mut Vec<Vec<u8>>) {
        let at = self.random.below(args.len());
        match self.random.below(8) {
            0 | 1 if args.len() > 1 => {
                args.remove(at.max(1));
            }
            2 => args.push(self.random.word(WRONG)),
            3 => args.insert(at + 1, self.random.word(WRONG)),
            4 | 5 if at > 0 => args[at] = self.random.word(WRONG),
            6 => args.truncate(1),
            _ => {
                let up = self.random.chance(50);
                for byte in args[0].iter_mut().step_by(2) {
                    *byte = if up { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() };
                }
            }
        }
    }
}

/// Whether a template holds a whole request itself.
fn is_nested(items: &[Item]) -> bool {
    items.iter().any(|item| matches!(item, Item::Hole(hole) if hole == "command"))
}
