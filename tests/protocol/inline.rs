//! Requests as plain lines, as typed over telnet.

use crate::exchange::Then::{Closes, Serves, Waits};
use crate::exchange::{case, check};

const UNBALANCED: &str = "-ERR Protocol error: unbalanced quotes in request\r\n";

#[test]
fn words_are_arguments() {
    check(
        &[],
        &[
            case("PING\r\n", "+PONG\r\n", Serves),
            case("PING\n", "+PONG\r\n", Serves),
            case("  ping \t \r\n", "+PONG\r\n", Serves),
            case("\r\n\r\n\n  \r\nPING\r\n", "+PONG\r\n", Serves),
            case("ECHO\thello\r\n", "$5\r\nhello\r\n", Serves),
            case("SET k v\r\nGET k\r\n", "+OK\r\n$1\r\nv\r\n", Serves),
            case("ECHO a\rb\r\n", "-ERR wrong number of arguments for 'echo' command\r\n", Serves),
            case("PIN", "", Waits),
        ],
    );
}

#[test]
fn quotes_keep_blanks_and_know_escapes() {
    check(
        &[],
        &[
            case("ECHO \"a b\"\r\n", "$3\r\na b\r\n", Serves),
            case("ECHO 'a \"b'\r\n", "$4\r\na \"b\r\n", Serves),
            case("ECHO ''\r\n", "$0\r\n\r\n", Serves),
            case("ECHO \"\"\r\n", "$0\r\n\r\n", Serves),
            case("ECHO \"\\x41\\n\\r\\t\\a\\b\\\\\\\"\\q\"\r\n", "$9\r\nA\n\r\t\x07\x08\\\"q\r\n", Serves),
            case("ECHO \"\\xzz\"\r\n", "$3\r\nxzz\r\n", Serves),
            case("ECHO 'it\\'s'\r\n", "$4\r\nit's\r\n", Serves),
            case("ECHO 'a\\n'\r\n", "$3\r\na\\n\r\n", Serves),
            case("\"PING\"\r\n", "+PONG\r\n", Serves),
            case("ECHO a\"b c\"\r\n", "$4\r\nab c\r\n", Serves),
        ],
    );
}

#[test]
fn unbalanced_quotes_end_the_connection() {
    check(
        &[],
        &[
            case("ECHO \"a\r\n", UNBALANCED, Closes),
            case("ECHO 'a\r\n", UNBALANCED, Closes),
            case("ECHO \"a\"b\r\n", UNBALANCED, Closes),
            case("ECHO 'a'b\r\n", UNBALANCED, Closes),
            case("ECHO \"a\\\"\r\n", UNBALANCED, Closes),
            case("PING\r\nECHO \"\r\nPING\r\n", format!("+PONG\r\n{UNBALANCED}"), Closes),
        ],
    );
}

#[test]
fn lines_and_arrays_mix() {
    check(
        &[],
        &[
            case("PING\r\n*1\r\n$4\r\nPING\r\nECHO x\r\n", "+PONG\r\n+PONG\r\n$1\r\nx\r\n", Serves),
            case("*1\r\n$4\r\nPING\r\n\r\n*1\r\n$4\r\nPING\r\n", "+PONG\r\n+PONG\r\n", Serves),
            case("$4\r\nPING\r\n", "-ERR unknown command '$4', with args beginning with: \r\n+PONG\r\n", Serves),
            case("+OK\r\n", "-ERR unknown command '+OK', with args beginning with: \r\n", Serves),
        ],
    );
}

#[test]
fn a_line_has_an_end_or_64_kilobytes() {
    let fits = "y".repeat(60 * 1024);
    check(
        &[],
        &[
            case(format!("ECHO {fits}\r\n"), format!("${}\r\n{fits}\r\n", fits.len()), Serves),
            case("z".repeat(64 * 1024 + 1), "-ERR Protocol error: too big inline request\r\n", Closes),
        ],
    );
}

/// A browser made to talk to the port must not get a command through.
#[test]
fn http_is_cut_off() {
    check(
        &[],
        &[
            case("POST / HTTP/1.1\r\nHost: localhost\r\n\r\nSET stolen 1\r\n", "", Closes),
            case("Host: localhost\r\nSET stolen 1\r\n", "", Closes),
            case("*2\r\n$6\r\nEXISTS\r\n$6\r\nstolen\r\n", ":0\r\n", Serves),
        ],
    );
}
