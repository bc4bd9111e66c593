"""Text for tokenizer tests: generated lines in many scripts, and lines of files given by the caller."""
import random

# Letters of each script, as ranges of code points. Marks are mixed in where the script writes with them.
SCRIPTS = {
    "latin": "0061-007A 0041-005A", "latin_extended": "00C0-024F 1E00-1EFF", "greek": "0391-03A9 03B1-03C9 1F00-1F15",
    "cyrillic": "0410-044F 0451", "armenian": "0531-0556 0561-0586", "hebrew": "05D0-05EA 05B0-05BC",
    "arabic": "0621-064A 064B-0652", "devanagari": "0905-0939 093E-094D", "bengali": "0985-098C 0995-09A8 09BE-09CC",
    "tamil": "0B85-0B8A 0B95 0BAE-0BB9 0BBE-0BC2", "telugu": "0C05-0C0C 0C15-0C28 0C3E-0C44", "thai": "0E01-0E3A 0E40-0E4E",
    "lao": "0E94-0E97 0EB0-0EB9", "tibetan": "0F40-0F47 0F71-0F7E", "myanmar": "1000-1021 102B-1032",
    "georgian": "10D0-10F0", "hangul": "AC00-D7A3", "jamo": "1100-1112 1161-1175 11A8-11C2", "ethiopic": "1200-1248",
    "cherokee": "13A0-13F4", "khmer": "1780-17A2 17B6-17C5", "mongolian": "1820-1842", "hiragana": "3041-3096",
    "katakana": "30A1-30FA FF66-FF9D", "han": "4E00-9FA5", "han_rare": "3400-4DB5 20000-2A6D6", "vai": "A500-A50B",
    "gothic": "10330-1034A", "deseret": "10400-1044F", "math": "1D400-1D454 2100-2138",
    "emoji": "1F300-1F64F 1F900-1F9FF 2600-26FF 200D FE0F 1F3FB-1F3FF 1F1E6-1F1FF",
    "digits": "0030-0039 0660-0669 0966-096F FF10-FF19 00B2-00B3 00BD 2160-2188 3007",
    "punctuation": "0021-002F 003A-0040 005B-0060 007B-007E 00A1-00BF 2010-2027 2030-205E 3001-3011 FF01-FF0F",
    "spaces": "0020 0020 0020 0009-000D 0085 00A0 1680 180E 2000-200F 2028-202F 205F-2064 3000 FEFF",
    "controls": "0000-001F 007F-009F 00AD 0600-0605 200B-200F FFF9-FFFD E0001 E0020-E0030",
    "combining": "0300-036F 0483-0489 1AB0-1AC0 20D0-20F0 FE20-FE2F",
    "compatibility": "FB00-FB06 FF21-FF3A 2460-2473 3200-321E 33A0-33AF FDFA 1F100-1F10A",
    "private": "E000-E010 F0000-F0010 10FFFD 0378 0EC8 2FFE0",
}
PIECES = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'LL", "'ſ", "don't", "I'm", "we'LL", "...", "\n", "\n\n", "\r\n", "\t",
          "  ", "   ", "    ", "(", "){", "};\n", "==", "!=", "//", "/*", "0x1F", "3.14", "1,000,000", "12345678901", "$5", "50%",
          "https://example.org/a?b=c&d=e", "user@example.org", "_", "__init__", "snake_case", "camelCase", "<b>", "</b>",
          "<|endoftext|>", "<s>", "</s>", "<unk>", "<pad>", "[CLS]", "[MASK]", "<|im_start|>", "<|im_end|>", "<tool>", "▁", "▁▁", "Ġ",
          "½", "²", "ﬁ", "Å", "İ", "ß", "ς", "é", "e\u0301", "가", "각", "\u1100\u1161\u11a8", "日本語", "🙂", "👩‍👩‍👧‍👦", "🇩🇪", "\u200b", "\ufeff"]


def ranges(spec):
    for part in spec.split():
        low, _, high = part.partition("-")
        yield int(low, 16), int(high or low, 16)


def letter(rng, spec):
    low, high = rng.choice(list(ranges(spec)))
    return chr(rng.randint(low, high))


def word(rng, spec):
    return "".join(letter(rng, spec) for _ in range(1 + int(rng.expovariate(0.25))))


class Vocabulary:
    """A few hundred words per script, so that training finds something to merge."""

    def __init__(self, seed, words=160):
        rng = random.Random(seed)
        self.words = {name: [word(rng, spec) for _ in range(words)] for name, spec in SCRIPTS.items()}

    def line(self, rng, names):
        parts = []
        for _ in range(1 + int(rng.expovariate(0.12))):
            kind = rng.random()
            name = rng.choice(names)
            if kind < 0.70:
                parts.append(rng.choice(self.words[name]))
            elif kind < 0.85:
                parts.append(word(rng, SCRIPTS[name]))
            else:
                parts.append(rng.choice(PIECES))
            if rng.random() < 0.8:
                parts.append(" " if rng.random() < 0.9 else letter(rng, SCRIPTS["spaces"]))
        return "".join(parts)


def generated(seed, count):
    rng = random.Random(seed)
    vocabulary = Vocabulary(20240607)
    names = list(SCRIPTS)
    for i in range(count):
        if i % 4 == 3:
            yield "".join(chr(random_code(rng)) for _ in range(rng.randint(1, 40)))
        else:
            own = rng.sample(names, 1 if i % 4 == 0 else 3)
            yield vocabulary.line(rng, own)


def random_code(rng):
    while True:
        code = rng.randint(0, rng.choice([0x7F, 0x2FF, 0x2FFF, 0xFFFF, 0x1FFFF, 0x10FFFF]))
        if not 0xD800 <= code <= 0xDFFF:
            return code
