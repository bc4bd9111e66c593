"""Hostile chat templates of a base model: (name, changes of the demo's base, what a chat task says of it)."""

from folders import file, tokenizer_config


def template(text):
    return file("chat_template.jinja", text)


CASES = [
    ("template_empty_list", [tokenizer_config("chat_template", [])],
     'not evaluated: dataset_type: "chat_template" is "tokenizer_default" and the base model\'s tokenizer has no '
     "template"),
    ("template_block_without_end", [template("{% for m in messages %}{{ m.content }}")],
     "not evaluated: the chat template: Unexpected end of template. Jinja was looking for the following tags: "
     "'endfor' or 'else'. The innermost block that needs to be closed is 'for'. (line 1)"),
    ("template_tag_cut", [template("{{ messages")],
     "not evaluated: the chat template: unexpected end of template, expected 'end of print statement'. (line 1)"),
    ("template_unknown_tag", [template("a\nb{% launch %}")],
     "not evaluated: the chat template: Encountered unknown tag 'launch'. (line 2)"),
    ("template_unknown_filter", [template("{{ messages | eval }}")],
     "not evaluated: the chat template: No filter named 'eval'. (line 1)"),
    ("template_refuses_the_roles", [template("{{ raise_exception('Roles must alternate') }}")],
     "not evaluated: row 1: the chat template: Roles must alternate"),
    ("template_uses_what_is_not_there", [template("{{ tools.pop() }}")],
     "not evaluated: row 1: the chat template: 'None' has no attribute 'pop'"),
    ("template_divides_by_zero", [template("{{ 1 // 0 }}")],
     "not evaluated: row 1: the chat template: integer division or modulo by zero"),
    ("template_climbs_to_classes", [template("{{ ''.__class__.__mro__[1].__subclasses__() }}")],
     "not evaluated: row 1: the chat template: access to attribute '__class__' of 'str' object is unsafe."),
    ("template_climbs_through_format", [template("{{ '{0.__class__.__init__.__globals__}'.format(messages) }}")],
     "not evaluated: row 1: the chat template: access to attribute '__init__' of 'Undefined' object is unsafe."),
    ("template_changes_the_messages", [template("{{ messages.append(1) }}")],
     "not evaluated: row 1: the chat template: access to attribute 'append' of 'list' object is unsafe."),
    ("template_includes_a_file", [template("{% include '/etc/passwd' %}")],
     "not evaluated: row 1: the chat template: no loader for this environment specified"),
    ("template_imports", [template("{% import 'os' as os %}{{ os.system('id') }}")],
     "not evaluated: row 1: the chat template: no loader for this environment specified"),
    ("template_extends", [template("{% extends 'base' %}")],
     "not evaluated: row 1: the chat template: no loader for this environment specified"),
    ("template_huge_range", [template("{% for i in range(10**9) %}x{% endfor %}")],
     "not evaluated: row 1: the chat template: Range too big. The sandbox blocks ranges larger than MAX_RANGE "
     "(100000)."),
    ("template_calls_itself", [template("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}")],
     "not evaluated: row 1: the chat template: maximum recursion depth exceeded"),
    ("template_nested_deeply", [template("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}")],
     "not evaluated: the chat template: maximum recursion depth exceeded"),
    ("template_many_blocks_nested", [template("{% if 1 %}" * 400 + "{% endif %}" * 400)],
     "not evaluated: the chat template: maximum recursion depth exceeded while calling a Python object"),
    ("template_writes_without_end",
     [template("{% for a in range(1000) %}{% for b in range(1000) %}{{ 'x' * 1000 }}{% endfor %}{% endfor %}")],
     "not evaluated: row 1: the text is longer than GDI_RENDER_TEXT_BYTES_MAX (67108864 bytes)"),
    ("template_says_nothing", [template("")],
     "no row of the test file gives an example of 2 to 8192 tokens with a label"),
]

# The process has too little memory for these.
GREEDY = [
    ("template_huge_text", [template("{{ 'x' * 10**10 }}")], "not evaluated: row 1: the chat template: MemoryError"),
    ("template_huge_field", [template("{{ '%099999999999d' % 1 }}")],
     "not evaluated: row 1: the chat template: MemoryError"),
]
