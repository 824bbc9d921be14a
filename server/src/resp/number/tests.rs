use proptest::prelude::*;

use super::*;

#[test]
fn integers_have_one_spelling() {
    let accepted =
        [("0", 0), ("1", 1), ("-1", -1), ("9223372036854775807", i64::MAX), ("-9223372036854775808", i64::MIN)];
    for (text, value) in accepted {
        assert_eq!(parse_i64(text.as_bytes()), Some(value));
    }
    let refused = [
        "",
        "-",
        "+1",
        "01",
        "-0",
        "-01",
        "00",
        " 1",
        "1 ",
        "1.0",
        "1e3",
        "0x1",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "99999999999999999999999",
        "1\0",
        "a",
        "--1",
    ];
    for text in refused {
        assert_eq!(parse_i64(text.as_bytes()), None, "{text:?}");
    }
    assert_eq!(parse_u64(b"18446744073709551615"), Some(u64::MAX));
    assert_eq!(parse_u64(b"18446744073709551616"), None);
    assert_eq!(parse_u64(b"-1"), None);
}

/// What SCAN of redis-server 7.0.15 took for a cursor.
#[test]
fn cursors_have_many_spellings() {
    let accepted: &[(&[u8], u64)] = &[
        (b"0", 0),
        (b"018", 18),
        (b"+1", 1),
        (b"-1", u64::MAX),
        (b"", 0),
        (b"18446744073709551615", u64::MAX),
        (b"-18446744073709551615", 1),
        (b"0\0x", 0),
    ];
    for (text, cursor) in accepted {
        assert_eq!(parse_scan_cursor(text), Some(*cursor), "{}", text.escape_ascii());
    }
    for text in [" 1", "1 ", "1x", "0x1", "+", "-", "18446744073709551616"] {
        assert_eq!(parse_scan_cursor(text.as_bytes()), None, "{text:?}");
    }
}

/// What ZADD of redis-server 7.0.15 took for a score, and the score it kept.
#[test]
fn doubles_are_read_as_the_reference_reads_them() {
    let accepted = [
        ("inf", f64::INFINITY),
        ("-inf", f64::NEG_INFINITY),
        ("+inf", f64::INFINITY),
        ("INF", f64::INFINITY),
        ("Infinity", f64::INFINITY),
        ("1e5", 1e5),
        ("1E5", 1e5),
        ("+5", 5.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("0x10", 16.0),
        ("0x1p3", 8.0),
        ("0x.8", 0.5),
        ("0x1.8p-1", 0.75),
        ("-0x1", -1.0),
        ("5e-324", 5e-324),
        ("3e-324", 5e-324),
        ("1e-310", 1e-310),
        ("-0", -0.0),
        ("0e999999999999", 0.0),
        ("1e0005", 1e5),
        ("0x1.8p-1075", 5e-324),
        ("0x0.0p5", 0.0),
        ("0x1.fffffffffffffp1023", f64::MAX),
        ("0x1p-1074", 5e-324),
        ("0x1p1023", 2f64.powi(1023)),
        ("0X1.00000000000008p0", 1.0),
        ("0x1.00000000000018p0", 1.0 + 4.0 * (f64::EPSILON / 2.0)),
    ];
    for (text, value) in accepted {
        assert_eq!(parse_f64(text.as_bytes()), Some(value), "{text}");
    }
    let refused: &[&[u8]] = &[
        b"nan",
        b"-nan",
        b"NaN",
        b"nan(1)",
        b".",
        b"",
        b" 5",
        b"5 ",
        b"0x",
        b"0xp3",
        b"0x1p",
        b"1e",
        b"1e+",
        b"1e400",
        b"-1e400",
        b"1e-400",
        b"2e-324",
        b"1_0",
        b"0b1",
        b"1,5",
        b"\x005",
        b"5\0",
        b"\xff",
        "\u{663}".as_bytes(),
        b"0x1p-1075",
        b"0x1p-9999",
        b"0x1p1024",
        b"0x1.fffffffffffff8p1023",
        b"1e-99999999999999999999",
        b"0x1.2.3",
    ];
    for text in refused {
        assert_eq!(parse_f64(text), None, "{}", text.escape_ascii());
    }
    let zeros = format!("{}1", "0".repeat(6000));
    assert_eq!(parse_f64(zeros.as_bytes()), Some(1.0));
    assert_eq!(parse_f64(format!("0x{zeros}").as_bytes()), Some(1.0));
}

fn printed(value: f64) -> String {
    let mut out = Vec::new();
    write_f64(&mut out, value);
    String::from_utf8(out).unwrap()
}

#[test]
fn doubles_are_printed_in_the_reference_notation() {
    let cases = [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (-17.0, "-17"),
        (0.1, "0.1"),
        (3.1, "3.1"),
        (-3.25, "-3.25"),
        (1e17, "100000000000000000"),
        (12345678901234567.0, "12345678901234568"),
        (4611686018427387904.0, "4611686018427387904"),
        (9223372036854775808.0, "9223372036854776000"),
        (1e21, "1e+21"),
        (1e22, "1e+22"),
        (1.2345678901234568e20, "123456789012345680000"),
        (1e-5, "0.00001"),
        (0.000001, "0.000001"),
        (1e-7, "1e-7"),
        (1.5e-7, "1.5e-7"),
        (0.00012345, "1.2345e-4"),
        (0.0012345, "0.0012345"),
        (1.5e300, "1.5e+300"),
        (5e-324, "5e-324"),
        (f64::MAX, "1.7976931348623157e+308"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
        (f64::NAN, "nan"),
        (1234.5678, "1234.5678"),
        (100.5, "100.5"),
        (0.5, "0.5"),
    ];
    for (value, text) in cases {
        assert_eq!(printed(value), text);
    }
}

proptest! {
    #[test]
    fn printed_integers_read_back(value in any::<i64>()) {
        let mut out = Vec::new();
        write_i64(&mut out, value);
        prop_assert_eq!(parse_i64(&out), Some(value));
    }

    #[test]
    fn integers_agree_with_the_standard_library(text in "-?[0-9]{0,21}") {
        let canonical = text.parse::<i64>().ok().filter(|value| value.to_string() == text);
        prop_assert_eq!(parse_i64(text.as_bytes()), canonical);
    }

    #[test]
    fn printed_doubles_read_back(value in any::<f64>().prop_filter("a number", |value| !value.is_nan())) {
        prop_assert_eq!(parse_f64(printed(value).as_bytes()).map(f64::to_bits), Some(value.to_bits()));
    }

    #[test]
    fn hexadecimal_doubles_are_exact(mantissa in 1u64..1 << 53, exponent in -1074i32..971) {
        let value = mantissa as f64 * 2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2);
        let text = format!("-0x{mantissa:x}p{exponent}");
        prop_assert_eq!(parse_f64(text.as_bytes()), Some(-value));
    }

    #[test]
    fn shifts_round_to_nearest_even(value in any::<u64>(), count in 1u32..64) {
        let exact = u128::from(value);
        let rounded = round_shift(exact, count, false);
        let (error, half) = ((rounded << count).abs_diff(exact), 1u128 << (count - 1));
        prop_assert!(error < half || (error == half && rounded.is_multiple_of(2)));
    }
}
