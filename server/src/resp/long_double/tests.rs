//! Sums redis-server 7.0.15 printed on x86-64, and properties of the arithmetic beneath them.

use proptest::prelude::*;

use super::*;

fn add(current: &str, increment: &str) -> Result<String, FloatError> {
    add_long_double(current.as_bytes(), increment.as_bytes()).map(|digits| String::from_utf8(digits).unwrap())
}

#[test]
fn sums_are_those_of_the_reference() {
    for (current, increment, sum) in include!("sums.in") {
        assert_eq!(add(current, increment).as_deref(), Ok(sum), "{current} + {increment}");
    }
}

#[test]
fn numbers_are_accepted_as_the_reference_accepts_them() {
    let accepted = [
        ("1e5", "100000"),
        ("1E5", "100000"),
        ("+5", "5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("0x10", "16"),
        ("0x1p3", "8"),
        ("0x.8", "0.5"),
        ("0x1.8p-1", "0.75"),
        ("-0x1", "-1"),
        ("1e-400", "0"),
        ("-0", "0"),
        ("0e999999999999", "0"),
        ("1e0005", "100000"),
        ("1e-4950", "0"),
        ("-1e-18", "0"),
        ("1e-17", "0.00000000000000001"),
        ("0x1p-16445", "0"),
        ("0x1.8p-1075", "0"),
        ("0x0.0p5", "0"),
        ("3.0e3", "3000"),
        ("5.0e-324", "0"),
    ];
    for (text, printed) in accepted {
        assert_eq!(add(text, "0").as_deref(), Ok(printed), "{text}");
    }
    let refused = [
        "nan",
        "-nan",
        "nan(1)",
        ".",
        "",
        "+",
        "-",
        " 5",
        "5 ",
        "0x",
        "0xp3",
        "0x1p",
        "1e",
        "1e+",
        "1_0",
        "0b1",
        "1,5",
        "\x005",
        "5\0",
        "1e5000",
        "1e-5000",
        "2e4932",
        "1e-4951",
        "0x1p-16446",
        "0x1p16384",
        "1e-99999999999999999999",
        "--1",
        "+-1",
        "1.2.3",
        "infinit",
        "e5",
        ".e5",
    ];
    for text in refused {
        assert_eq!(add(text, "1"), Err(FloatError::InvalidCurrent), "{text}");
        assert_eq!(add("1", text), Err(FloatError::InvalidIncrement), "{text}");
    }
    for text in ["inf", "-inf", "+INF", "Infinity"] {
        assert_eq!(add(text, "1"), Err(FloatError::NotFinite));
        assert_eq!(add("1", text), Err(FloatError::NotFinite));
    }
    assert_eq!(add("1e4932", "1e4932"), Err(FloatError::NotFinite));
}

#[test]
fn texts_of_5_kib_are_refused() {
    let number = |len: usize| format!("{:0>len$}", 1);
    assert_eq!(add(&number(5119), "1").as_deref(), Ok("2"));
    assert_eq!(add(&number(5120), "1"), Err(FloatError::InvalidCurrent));
}

#[test]
fn the_longest_result_is_whole() {
    let largest = add("0x1.fffffffffffffffep16383", "0").unwrap();
    assert_eq!(largest.len(), 4933);
    assert!(largest.starts_with("118973149535723176502126385303097020516906332229462420044032"));
    assert!(largest.ends_with("260031762345960769508849149662444156604419552086811989770240"));
}

#[test]
fn far_apart_and_cancelling_operands_round_once() {
    // 2^64 is the first whole number whose successor has no place.
    assert_eq!(add("18446744073709551616", "1").as_deref(), Ok("18446744073709551616"));
    assert_eq!(add("18446744073709551618", "1").as_deref(), Ok("18446744073709551620"));
    assert_eq!(add("18446744073709551616", "-1").as_deref(), Ok("18446744073709551615"));
    assert_eq!(add("1e4000", "-1e4000").as_deref(), Ok("0"));
    assert_eq!(add("1", "-1e-4000").as_deref(), Ok("1"));
}

proptest! {
    #[test]
    fn whole_numbers_add_exactly(a in -(1i64 << 62)..(1i64 << 62), b in -(1i64 << 62)..(1i64 << 62)) {
        prop_assert_eq!(add(&a.to_string(), &b.to_string()).unwrap(), (a + b).to_string());
    }

    #[test]
    fn short_binary_fractions_add_exactly(a in -(1i64 << 40)..(1i64 << 40), b in -(1i64 << 40)..(1i64 << 40)) {
        let eighths = |count: i64| (count as f64 / 8.0).to_string();
        prop_assert_eq!(add(&eighths(a), &eighths(b)).unwrap(), eighths(a + b));
    }

    #[test]
    fn word_and_long_division_agree(numerator in 1u64.., denominator in 1u64..) {
        let long = divide(false, Natural::from(numerator), Natural::from(denominator));
        prop_assert_eq!(divide_words(false, numerator, denominator), long);
    }

    #[test]
    fn any_text_is_refused_or_read(text in "[-+0-9a-fA-FxXpP.eEinfty]{0,24}") {
        let _ = LongDouble::parse(text.as_bytes());
    }

    #[test]
    fn doubles_survive_the_way_through(value in any::<f64>().prop_filter("finite", |value| value.is_finite())) {
        // A long double holds every double exactly, so both spellings of it mean the same.
        let printed = format!("{value:e}");
        let parsed = LongDouble::parse(printed.as_bytes()).unwrap();
        let mut digits = Vec::new();
        write_long_double_human(&mut digits, parsed);
        let read: f64 = String::from_utf8(digits).unwrap().parse().unwrap();
        prop_assert!((read - value).abs() <= 1e-17 + value.abs() * 1e-16, "{} came back as {}", value, read);
    }
}
