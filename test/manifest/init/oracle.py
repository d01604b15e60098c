"""What Python's own modules, and supervisord's few lines around them, make of texts."""
import configparser
import json
import shlex
import sys


def split(text):
    return [] if text == "" else shlex.split(text)


def pairs(text):
    # supervisor 4.3, datatypes.py: dict_of_key_value_pairs
    lexer = shlex.shlex(text)
    lexer.wordchars += "/.+-():"
    tokens = list(lexer)
    found = {}
    for index in range(0, len(tokens), 4):
        key, equals, value = tokens[index : index + 3]
        if equals != "=":
            raise ValueError(text)
        found[key] = value.strip("'\"")
    return found


def ini(text):
    # supervisor 4.3, options.py: UnhosedConfigParser
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";", "#"), strict=False)
    parser.read_string(text)
    return {name: dict(parser.items(name)) for name in parser.sections()}


def ask(kind, text):
    try:
        return {"value": {"split": split, "pairs": pairs, "ini": ini}[kind](text)}
    except Exception as error:
        return {"error": type(error).__name__}


json.dump([ask(*question) for question in json.load(sys.stdin)], sys.stdout)
