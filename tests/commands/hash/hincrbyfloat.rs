//! `HINCRBYFLOAT key field increment`

use rkvs_tests::{expect::*, script};

#[test]
fn adds_in_extended_precision() {
    script! {
        "HINCRBYFLOAT h a 10.50" => bulk("10.5"),
        "HINCRBYFLOAT h a 0.1" => bulk("10.6"),
        "HINCRBYFLOAT h a -5" => bulk("5.6"),
        "HINCRBYFLOAT h a 5.0e3" => bulk("5005.60000000000000009"),
        "HINCRBYFLOAT h x 5.0e3" => bulk("5000"),
        "HINCRBYFLOAT h x 0x10" => bulk("5016"),
        "HINCRBYFLOAT h b 0.1" => bulk("0.1"),
        "HINCRBYFLOAT h b 0.2" => bulk("0.3"),
        "HINCRBYFLOAT h b -0.3" => bulk("0"),
        "HSET h i 3" => int(1),
        "HINCRBYFLOAT h i 1.0" => bulk("4"),
        "HINCRBY h i 1" => int(5),
        "HGETALL h" => map([("a", "5005.60000000000000009"), ("x", "5016"), ("b", "0"), ("i", "5")]),
    }
}

#[test]
fn the_increment_is_looked_at_first() {
    script! {
        r#"HSET h word v inf inf space " 1" empty """# => int(4),
        "HINCRBYFLOAT h word x" => error("ERR value is not a valid float"),
        "HINCRBYFLOAT h word nan" => error("ERR value is not a valid float"),
        r#"HINCRBYFLOAT h word " 1""# => error("ERR value is not a valid float"),
        r#"HINCRBYFLOAT h word """# => error("ERR value is not a valid float"),
        "HINCRBYFLOAT h word inf" => error("ERR value is NaN or Infinity"),
        "HINCRBYFLOAT h word -Infinity" => error("ERR value is NaN or Infinity"),
        "HINCRBYFLOAT h word 1" => error("ERR hash value is not a float"),
        "HINCRBYFLOAT h space 1" => error("ERR hash value is not a float"),
        "HINCRBYFLOAT h empty 1" => error("ERR hash value is not a float"),
        "HINCRBYFLOAT h inf 1" => error("ERR increment would produce NaN or Infinity"),
        "HSET h large 1.1e4932" => int(1),
        "HINCRBYFLOAT h large 1.1e4932" => error("ERR increment would produce NaN or Infinity"),
        "HINCRBYFLOAT h a" => wrong_arity("hincrbyfloat"),
        "HINCRBYFLOAT h a 1 2" => wrong_arity("hincrbyfloat"),
        "HLEN h" => int(5),
        "SET s v" => ok(),
        "HINCRBYFLOAT s a 1" => wrong_type(),
        "HINCRBYFLOAT s a inf" => error("ERR value is NaN or Infinity"),
    }
}

#[test]
fn long_sums_change_the_encoding() {
    script! {
        "HINCRBYFLOAT h a 1" => bulk("1"),
        "HINCRBYFLOAT h a 1e70" => satisfies("71 digits", |reply| reply.text().is_some_and(|text| text.len() == 71)),
        "OBJECT ENCODING h" => bulk("hashtable"),
        "HSTRLEN h a" => int(71),
    }
}
