use serde_json::{Value, json};

use crate::Filter;

#[test]
fn the_short_form_says_what_the_json_form_says() {
    for (short, json) in [
        ("", json!({})),
        ("is:down", json!({"health_status": "unhealthy"})),
        ("is:sign-in", json!({"health_status": "needs_sign_in"})),
        ("is!=down", json!({"health_status": {"$ne": "unhealthy"}})),
        ("is:(down, degraded)", json!({"health_status": {"$in": ["unhealthy", "degraded"]}})),
        ("-is:paused", json!({"$not": {"health_status": "paused"}})),
        ("region:eu", json!({"region": "eu"})),
        ("region=eu", json!({"region": "eu"})),
        ("region==eu", json!({"region": "eu"})),
        ("region!=eu", json!({"region": {"$ne": "eu"}})),
        ("region:(eu,us)", json!({"region": {"$in": ["eu", "us"]}})),
        ("name:zoo*", json!({"name": {"$regex": "(?si)^zoo.*$"}})),
        ("name!=zoo*", json!({"$not": {"name": {"$regex": "(?si)^zoo.*$"}}})),
        ("name:\"zoo*\"", json!({"name": "zoo*"})),
        ("capability:*weather.now", json!({"capabilities": {"$regex": "(?si)^.*weather[._/-]now$"}})),
        (
            "region:(eu*,us)",
            json!({"$or": [{"region": {"$in": ["us"]}}, {"region": {"$regex": "(?si)^eu.*$"}}]}),
        ),
        ("region:()", json!({"region": {"$in": []}})),
        ("region!=(eu,us)", json!({"region": {"$nin": ["eu", "us"]}})),
        ("metadata.priority>=8", json!({"metadata.priority": {"$gte": 8}})),
        ("priority:>=8", json!({"metadata.priority": {"$gte": 8}})),
        ("tools>2 tools<9", json!({"tools": {"$gt": 2, "$lt": 9}})),
        ("score<=0.5", json!({"score": {"$lte": 0.5}})),
        ("has:region", json!({"region": {"$exists": true}})),
        ("-has:region", json!({"region": {"$exists": false}})),
        ("has:metadata.a.b", json!({"a.b": {"$exists": true}})),
        ("name~/^weather-/", json!({"name": {"$regex": "^weather-"}})),
        ("url~/:\\/\\/a/", json!({"url": {"$regex": "://a"}})),
        ("name~\"a/b\"", json!({"name": {"$regex": "a/b"}})),
        ("gpu:true", json!({"gpu": true})),
        ("gpu:\"true\"", json!({"gpu": "true"})),
        ("x:null", json!({"x": null})),
        ("x:-1.5e3", json!({"x": -1500.0})),
        ("x::", json!({"x": ":"})),
        ("x:=a", json!({"x": "=a"})),
        ("x:08", json!({"x": "08"})),
        ("x:\"\"", json!({"x": ""})),
        ("x:\"a \\\"b\\\" \\n\"", json!({"x": "a \"b\" \n"})),
        ("\"a key\":1", json!({"a key": 1})),
        ("url:http://localhost:8080/mcp", json!({"url": "http://localhost:8080/mcp"})),
        ("weather", json!({"$text": "weather"})),
        ("\"two words\"", json!({"$text": "two words"})),
        ("\"or\"", json!({"$text": "or"})),
        ("oregon", json!({"$text": "oregon"})),
        ("http://localhost:8080", json!({"$text": "http://localhost:8080"})),
        ("localhost:8080", json!({"$text": "localhost:8080"})),
        ("127.0.0.1:8080", json!({"$text": "127.0.0.1:8080"})),
        ("a or b", json!({"$or": [{"$text": "a"}, {"$text": "b"}]})),
        ("a OR b", json!({"$or": [{"$text": "a"}, {"$text": "b"}]})),
        ("a and b", json!({"$and": [{"$text": "a"}, {"$text": "b"}]})),
        ("x:1 y:2 or z:3", json!({"$or": [{"x": 1, "y": 2}, {"z": 3}]})),
        ("x:1 (y:2 or z:3)", json!({"x": 1, "$or": [{"y": 2}, {"z": 3}]})),
        ("-(x:1 y:2)", json!({"$not": {"x": 1, "y": 2}})),
        ("not (x:1 or y:2)", json!({"$not": {"$or": [{"x": 1}, {"y": 2}]}})),
        ("not x:1", json!({"$not": {"x": 1}})),
        ("--x:1", json!({"$not": {"$not": {"x": 1}}})),
        ("-()", json!({"$not": {}})),
        ("((x:1))", json!({"x": 1})),
        (
            "is:down region:eu metadata.priority>=8 text",
            json!({"health_status": "down", "region": "eu", "priority": {"$gte": 8}, "$text": "text"}),
        ),
    ] {
        let read = Filter::parse(short).unwrap_or_else(|error| panic!("{short}: {error}"));
        assert_eq!(read, Filter::from_json(&json).unwrap(), "{short}");
        assert_eq!(Filter::parse(&read.to_string()).unwrap(), read, "{short} is written as {read}");
    }
}

#[test]
fn a_filter_is_written_as_people_would() {
    for (json, short) in [
        (json!({"health_status": "unhealthy", "region": "eu"}), "is:down region:eu"),
        (json!({"metadata.priority": {"$gte": 8}}), "metadata.priority>=8"),
        (
            json!({"$or": [{"region": {"$in": ["eu", "us 1"]}}, {"$text": "x y"}]}),
            "region:(eu,\"us 1\") or \"x y\"",
        ),
        (json!({"region": {"$exists": false}}), "-has:region"),
        (json!({"name": {"$regex": "^a"}}), "name~/^a/"),
        (json!({"url": {"$regex": "a/b"}}), "url~\"a/b\""),
    ] {
        assert_eq!(Filter::from_json(&json).unwrap().to_string(), short);
    }
}

#[test]
fn either_form_is_read_from_a_value() {
    let both = [json!("is:down"), json!({"status": "down"})].map(|value| Filter::from_value(&value).unwrap());
    assert_eq!(both[0], both[1]);
    assert!(Filter::from_value(&Value::Null).unwrap().is_everything());
    assert!(Filter::from_value(&json!([1])).is_err());
}

#[test]
fn a_malformed_filter_names_its_path_and_a_remedy() {
    for (filter, path, words) in [
        (json!({"a": {"$gtee": 1}}), "a.$gtee", "did you mean `$gte`"),
        (json!({"a": {"gte": 1}}), "a.gte", "did you mean `$gte`"),
        (json!({"a": {"$foo": 1}}), "a.$foo", "unknown operator"),
        (json!({"$nor": [{}]}), "$nor", "{\"$not\": {\"$or\": […]}}"),
        (json!({"$xyzzy": [{}]}), "$xyzzy", "known here are `$and`"),
        (json!({"$gt": 5}), "$gt", "belongs within a field"),
        (json!({"$and": {}}), "$and", "list of at least one"),
        (json!({"$or": []}), "$or", "an empty list"),
        (json!({"$or": [{"a": 1}, 5]}), "$or[1]", "expected an object"),
        (json!({"$or": [{}, {"b": {"$or": []}}]}), "$or[1].b.$or", "unknown operator"),
        (json!({"$not": 5}), "$not", "expected an object"),
        (json!({"$not": {"a": {"$x": 1}}}), "$not.a.$x", "unknown operator"),
        (json!({"a": {"$not": 5}}), "a.$not", "expected tests"),
        (json!({"a": {"$not": {}}}), "a.$not", "empty object"),
        (json!({"a": {}}), "a", "empty object"),
        (json!({"a": [1, 2]}), "a", "{\"$in\": […]}"),
        (json!({"a": {"$eq": [1]}}), "a.$eq", "$in"),
        (json!({"a": {"$eq": {"b": 1}}}), "a.$eq", "got an object"),
        (json!({"a": {"$gt": true}}), "a.$gt", "order"),
        (json!({"a": {"$lt": null}}), "a.$lt", "order"),
        (json!({"a": {"$in": "x"}}), "a.$in", "list"),
        (json!({"a": {"$in": [1, [2]]}}), "a.$in[1]", "got a list"),
        (json!({"a": {"$nin": 5}}), "a.$nin", "list"),
        (json!({"a": {"$exists": 1}}), "a.$exists", "true or false"),
        (json!({"a": {"$exists": "yes"}}), "a.$exists", "true or false"),
        (json!({"a": {"$regex": 5}}), "a.$regex", "pattern"),
        (json!({"a": {"$regex": "("}}), "a.$regex", "not a regular expression"),
        (json!({"a": {"$regex": "((a{900}){900}){900}"}}), "a.$regex", "too large"),
        (json!({"a": {"$regex": "a", "$options": "i"}}), "a.$options", "(?i)"),
        (json!({"health_status": "dwon"}), "health_status", "did you mean `down`"),
        (json!({"health_status": {"$in": ["healthy", "xx"]}}), "health_status.$in", "not a status"),
        (json!({"status": 5}), "status", "one of `healthy`"),
        (json!({"status": {"$gt": "down"}}), "status.$gt", "no order"),
        (json!({"$text": ""}), "$text", "a word"),
        (json!({"$text": {"$search": "x"}}), "$text", "a word"),
        (json!({"": 1}), "", "not name a field"),
        (json!({"metadata": 1}), "metadata", "not name a field"),
        (json!({"metadata.": 1}), "metadata.", "not name a field"),
        (
            json!({"$and": [{"$or": [{"x": {"$gte": 1}}, {"metadata.priority": {"$gtt": 8}}]}]}),
            "$and[0].$or[1].metadata.priority.$gtt",
            "did you mean `$gt`",
        ),
        (json!([]), "", "an empty list"),
        (json!("is:down"), "", "expected an object"),
    ] {
        let error = Filter::from_json(&filter).expect_err(&filter.to_string());
        assert_eq!(error.path, path, "{filter}: {error}");
        assert!(error.message.contains(words), "{filter}: {error}");
        assert!(error.to_string().contains(&error.message));
    }
}

#[test]
fn a_malformed_short_filter_names_its_character() {
    for (filter, position, words) in [
        ("region:", 8, "value is missing"),
        ("region: eu", 8, "value is missing"),
        (":eu", 1, "name of a field"),
        ("a (b", 3, "no `)`"),
        ("a) b", 2, "closes nothing"),
        ("a or", 5, "after it"),
        ("or a", 1, "before it"),
        ("a or or b", 6, "after it"),
        ("and a", 1, "before and after"),
        ("a and", 3, "before and after"),
        ("- a", 2, "right before"),
        ("-", 2, "needs a term"),
        ("not", 4, "needs a term"),
        ("\"abc", 1, "never closed"),
        ("x:\"\\q\"", 3, "backslash"),
        ("x:(a", 3, "no `)`"),
        ("x:(a b)", 6, "commas"),
        ("x:a(b)", 4, "quoted"),
        ("is:down,degraded", 8, "parentheses"),
        ("url:http://a/?x=1,2 b", 18, "quote a value"),
        ("x>(1)", 3, "value is missing"),
        ("x>true", 1, "order"),
        ("x~abc", 3, "between slashes"),
        ("x~/abc", 3, "no closing"),
        ("x~/(/", 3, "not a regular expression"),
        ("is:dwon", 4, "did you mean `down`"),
        ("is>down", 1, "no order"),
        ("has>x", 1, "`has`"),
        ("has:x:1", 6, "alone"),
        ("has:", 5, "not name a field"),
        ("metadata:1", 1, "not name a field"),
        ("\"\"", 1, "a word between the quotes"),
        ("tools=>3", 6, "unknown operator `=>`: did you mean `>=`?"),
        ("tools=<3", 6, "did you mean `<=`?"),
        ("region<>eu", 7, "did you mean `!=`?"),
        ("region!:eu", 7, "write `-` before the field"),
        ("name!~/a/", 5, "unknown operator `!~`"),
        ("tools:3*", 7, "is not text"),
        ("is:d*", 4, "written whole"),
    ] {
        let error = Filter::parse(filter).expect_err(filter);
        assert_eq!(error.position, Some(position), "{filter}: {error}");
        assert_eq!(error.path, format!("character {position}"));
        assert!(error.message.contains(words), "{filter}: {error}");
    }
}

#[test]
fn deep_and_large_filters_are_refused_without_harm() {
    let deep = (0..500).fold(json!({"a": 1}), |inner, _| json!({"$not": inner}));
    assert!(Filter::from_json(&deep).unwrap_err().message.contains("nests deeper"));
    let within = (0..500).fold(json!({"$eq": 1}), |inner, _| json!({"$not": inner}));
    assert!(Filter::from_json(&json!({ "a": within })).unwrap_err().message.contains("nests deeper"));
    for short in ["-".repeat(60_000) + "a", "(".repeat(60_000), "not ".repeat(10_000)] {
        assert!(Filter::parse(&short).unwrap_err().message.contains("nests deeper"));
    }
    assert!(Filter::parse(&"a".repeat(70_000)).unwrap_err().message.contains("longer than"));
    let wide: Vec<Value> = (0..3_000).map(|i| json!({ "a": i })).collect();
    assert!(Filter::from_json(&json!({ "$or": wide })).unwrap_err().message.contains("more than"));
}
