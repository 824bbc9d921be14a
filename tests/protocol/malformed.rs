//! Requests that are no requests: each gets the reference's error, changes nothing and ends only its own connection.

use crate::exchange::Then::{Closes, Serves, Waits};
use crate::exchange::{case, check};

const INVALID_MULTIBULK: &str = "-ERR Protocol error: invalid multibulk length\r\n";
const INVALID_BULK: &str = "-ERR Protocol error: invalid bulk length\r\n";

#[test]
fn counts_of_arguments() {
    check(
        &[],
        &[
            case("*-1\r\n", "", Serves),
            case("*0\r\n", "", Serves),
            case("*-2147483648\r\n", "", Serves),
            case("*-9223372036854775808\r\n", "", Serves),
            case("*2147483647\r\n", "", Waits),
            case("*2147483648\r\n", INVALID_MULTIBULK, Closes),
            case("*9223372036854775807\r\n", INVALID_MULTIBULK, Closes),
            case("*9223372036854775808\r\n", INVALID_MULTIBULK, Closes),
            case("*99999999999999999999999999\r\n", INVALID_MULTIBULK, Closes),
            case("*\r\n", INVALID_MULTIBULK, Closes),
            case("*x\r\n", INVALID_MULTIBULK, Closes),
            case("*1x\r\n", INVALID_MULTIBULK, Closes),
            case("* 1\r\n", INVALID_MULTIBULK, Closes),
            case("*+1\r\n", INVALID_MULTIBULK, Closes),
            case("*01\r\n", INVALID_MULTIBULK, Closes),
            case("*-0\r\n", INVALID_MULTIBULK, Closes),
            case("*1.0\r\n", INVALID_MULTIBULK, Closes),
        ],
    );
}

#[test]
fn lengths_of_arguments() {
    check(
        &[],
        &[
            case("*1\r\n$-1\r\n", INVALID_BULK, Closes),
            case("*1\r\n$-0\r\n", INVALID_BULK, Closes),
            case("*1\r\n$x\r\n", INVALID_BULK, Closes),
            case("*1\r\n$\r\n", INVALID_BULK, Closes),
            case("*1\r\n$ 4\r\nPING\r\n", INVALID_BULK, Closes),
            case("*1\r\n$04\r\nPING\r\n", INVALID_BULK, Closes),
            case("*1\r\n$+4\r\nPING\r\n", INVALID_BULK, Closes),
            case("*1\r\n$4.0\r\nPING\r\n", INVALID_BULK, Closes),
            case("*1\r\n$-9223372036854775808\r\n", INVALID_BULK, Closes),
            case("*1\r\n$9223372036854775807\r\n", INVALID_BULK, Closes),
            case("*1\r\n$9223372036854775808\r\n", INVALID_BULK, Closes),
            case("*1\r\n$18446744073709551620\r\nPING\r\n", INVALID_BULK, Closes),
            case("*1\r\n$536870912\r\n", "", Waits),
            case("*1\r\n$536870913\r\n", INVALID_BULK, Closes),
            case("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870913\r\n", INVALID_BULK, Closes),
        ],
    );
    check(
        &["--proto-max-bulk-len", "1mb"],
        &[
            case("*1\r\n$1048576\r\n", "", Waits),
            case("*1\r\n$1048577\r\n", INVALID_BULK, Closes),
            case(
                "*4\r\n$8\r\nSETRANGE\r\n$1\r\nk\r\n$7\r\n1048576\r\n$1\r\nx\r\n",
                "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n",
                Serves,
            ),
        ],
    );
}

#[test]
fn something_else_where_an_argument_belongs() {
    let expected = |got: &str| format!("-ERR Protocol error: expected '$', got '{got}'\r\n");
    check(
        &[],
        &[
            case("*1\r\nPING\r\n", expected("P"), Closes),
            case("*1\r\n:1\r\n", expected(":"), Closes),
            case("*1\r\n+PING\r\n", expected("+"), Closes),
            case("*1\r\n*1\r\n$4\r\nPING\r\n", expected("*"), Closes),
            case("*2\r\n$4\r\nECHO\r\n*1\r\n$1\r\nx\r\n", expected("*"), Closes),
            case("*1\r\n\r\n", expected(" "), Closes),
            case("*1\r\n\n\r\n", expected(" "), Closes),
        ],
    );
}

#[test]
fn nested_arrays_of_any_depth() {
    let expected = "-ERR Protocol error: expected '$', got '*'\r\n";
    let nested = |bytes: usize| "*1\r\n".repeat(bytes / 4);
    check(
        &[],
        &[
            case("*1\r\n*1\r\n", expected, Closes),
            case(nested(32 * 1024), expected, Closes),
            case(nested(1024 * 1024), expected, Closes),
        ],
    );
}

#[test]
fn lines_that_never_end() {
    let digits = "1".repeat(70 * 1024);
    check(
        &[],
        &[
            case(format!("*{digits}"), "-ERR Protocol error: too big mbulk count string\r\n", Closes),
            case(format!("*1\r\n${digits}"), "-ERR Protocol error: too big bulk count string\r\n", Closes),
            case("x".repeat(70 * 1024), "-ERR Protocol error: too big inline request\r\n", Closes),
            case("*1", "", Waits),
            case("*1\r", "", Waits),
            case("*1\r\n$4\r\nPIN", "", Waits),
            case("*1\r\n$4\r\nPING", "", Waits),
            case("*1\r\n$4\r\nPING\r", "", Waits),
            case("PING", "", Waits),
        ],
    );
}

#[test]
fn two_bytes_after_an_argument_are_skipped_unread() {
    check(
        &[],
        &[
            case("*1\r\n$4\r\nPINGxx", "+PONG\r\n", Serves),
            case("*2\r\n$4\r\nECHO\n\n$2\r\nab\0\0", "$2\r\nab\r\n", Serves),
            case("*1\rx$4\rxPING\r\n", "+PONG\r\n", Serves),
        ],
    );
}

#[test]
fn lengths_that_lie() {
    check(
        &[],
        &[
            // Shorter than the argument: the rest is the start of the next request.
            case(
                "*1\r\n$4\r\nPINGPONG\r\n",
                "+PONG\r\n-ERR unknown command 'NG', with args beginning with: \r\n",
                Serves,
            ),
            case("*1\r\n$2\r\nPING\r\n", "-ERR unknown command 'PI', with args beginning with: \r\n", Serves),
            case(
                "*2\r\n$4\r\nECHO\r\n$3\r\nabcdef\r\n",
                "$3\r\nabc\r\n-ERR unknown command 'f', with args beginning with: \r\n",
                Serves,
            ),
            // Longer: the server waits, and nothing is set.
            case("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\nabc\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "", Waits),
            case("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "$-1\r\n", Serves),
            // More arguments announced than sent: the next request is no argument.
            case("*2\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n", "-ERR Protocol error: expected '$', got '*'\r\n", Closes),
        ],
    );
}

#[test]
fn requests_before_the_error_are_answered_and_those_after_are_not() {
    check(
        &[],
        &[
            case(
                "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n*1\r\n$4\r\nPING\r\n*1\r\n$-5\r\n*1\r\n$4\r\nPING\r\n",
                format!("+OK\r\n+PONG\r\n{INVALID_BULK}"),
                Closes,
            ),
            case("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", "$1\r\nv\r\n", Serves),
        ],
    );
}

#[test]
fn an_empty_argument_is_an_argument() {
    check(
        &[],
        &[
            case("*1\r\n$0\r\n\r\n", "-ERR unknown command '', with args beginning with: \r\n", Serves),
            case("*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", "$0\r\n\r\n", Serves),
        ],
    );
}

#[test]
fn error_texts_carry_no_line_breaks_and_little_of_the_request() {
    let long = "y".repeat(200);
    let cut_name = "y".repeat(128);
    check(
        &[],
        &[
            case(
                "*2\r\n$6\r\na\r\nb\r\n\r\n$4\r\nc\r\nd\r\n",
                "-ERR unknown command 'a  b  ', with args beginning with: 'c  d' \r\n",
                Serves,
            ),
            case(
                format!("*1\r\n$200\r\n{long}\r\n"),
                format!("-ERR unknown command '{cut_name}', with args beginning with: \r\n"),
                Serves,
            ),
            case(
                format!("*4\r\n$1\r\nx\r\n$200\r\n{long}\r\n$1\r\na\r\n$1\r\nb\r\n"),
                format!("-ERR unknown command 'x', with args beginning with: '{}' \r\n", "y".repeat(128)),
                Serves,
            ),
        ],
    );
}
