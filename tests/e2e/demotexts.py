"""The texts of the demo, made from the installed npm packages: nothing in them says who wrote the public mail.
The names come from the headers of the mail itself, so what is looked for is not what the program replaces by rule."""
import argparse
import os
import re
import sys

ORDINARY_SMALL = 5  # times that a word stands in small letters in text that is not mail


def check(what, holds, detail=""):
    if not holds:
        raise SystemExit(f"not so: {what}\n{detail}")
    print("ok:", what, flush=True)


def vocabulary(texts, npm):
    small = {}
    for sentence in texts.corpus(npm):
        for word in re.findall(r"\b[a-z]+\b", sentence):
            small[word] = small.get(word, 0) + 1
    return {word for word, n in small.items() if n >= ORDINARY_SMALL}


def writers(mails):
    names = set()
    for mail in mails:
        for name in (mail["display"], mail["who"].split("@")[0]):
            names.update(re.findall(r"[a-z]{3,}", name.lower()))
    return names


def planted(texts):
    """What somebody's own hand writes in small letters, at the end and in the middle."""
    class Plain:
        small = {"and": 9, "says": 9, "so": 9, "thanks": 9, "mark": 60, "the": 5000, "place": 9}
        large = {"mark": 60}
    words = texts.Vocabulary([])
    words.small, words.large = Plain.small, Plain.large
    mail = {"people": ["zorblat quixnar <zq@host.example>", "Mark Vexler"], "display": "zorblat quixnar", "who": "zorblatq@host.example",
            "text": "thanks\nzorblat quixnar"}
    other = {"people": ["Mark Vexler"], "display": "Mark Vexler", "who": "mv@host.example", "text": "zorblat says so"}
    anonymiser = texts.Anonymiser([mail, other, mail], words)
    cleaned = anonymiser.clean("thanks zorblat quixnar and Mark, mark the place. Vexler says so on Tuesday, Aug 13 "
                               "to zq@host.example or +44 20 7946 0000, see http://host.example/~zq", set())
    for word in ("zorblat", "quixnar", "Mark", "Vexler", "host.example", "7946"):
        check(f"{word} is gone", word not in cleaned.replace("example.org", ""), cleaned)
    for word in ("thanks", "mark the place", "Tuesday, Aug 13"):
        check(f"{word} stays", word in cleaned, cleaned)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--source", required=True)
    arguments.add_argument("--npm", required=True)
    options = arguments.parse_args()
    sys.path.insert(0, os.path.join(options.source, "tools", "demo"))
    import texts

    planted(texts)
    threads = texts.threads(options.npm, 24)
    bodies = [m["text"] for t in threads for m in t["messages"]] + [t["subject"] for t in threads]
    check("there are threads to look at", len(threads) >= 15 and len(bodies) >= 120, len(bodies))
    check("replies make them", sum(m["parent"] is not None for t in threads for m in t["messages"]) >= 60)
    named = writers(texts.read_mails(options.npm)) - vocabulary(texts, options.npm)
    check("there are names to look for", len(named) >= 300, len(named))
    for body in bodies:
        left = re.sub(r"\bmember-\d+|(https://|\bhost-\d+\.|\bm\d+@)?example\.org(/\d+)?", " ", body)
        check_quietly("no name of a writer", not named & set(re.findall(r"[a-z]{3,}", left.lower())), body)
        check_quietly("no address", "@" not in re.sub(r"\s@\s|@\W", " ", left) or not re.search(r"\w@\w+\.\w", left), body)
        check_quietly("no link", not re.search(r"https?://|www\.", left), body)
        check_quietly("no telephone number", not re.search(r"\+\d[ \d()-]{6,}", left.replace("+000 000", "")), body)
    print(f"ok: {len(bodies)} texts tell nothing of {len(named)} names", flush=True)
    return 0


def check_quietly(what, holds, body):
    if not holds:
        raise SystemExit(f"not so: {what}\n{body}")


if __name__ == "__main__":
    sys.exit(main())
