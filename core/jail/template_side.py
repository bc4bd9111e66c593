"""The Python side of god-jail's template work: Jinja2's immutable sandbox, set up as chat templates expect it.

jail_python.c runs this module once, before the process is sealed; `render` is called afterwards, once per context.
Nothing here may import at call time: the sealed process cannot open files.
"""

import datetime
import json

import jinja2
import jinja2.ext
import jinja2.nodes
import jinja2.sandbox

class GenerationBlock(jinja2.ext.Extension):
    """`{% generation %} ... {% endgeneration %}` marks the assistant's text for training; here it is transparent."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return jinja2.nodes.Scope(body).set_lineno(line)


def fail(message):
    raise jinja2.exceptions.TemplateError(message)


def to_json(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


class Renderer:
    def __init__(self, now_s):
        now = datetime.datetime.fromtimestamp(now_s, datetime.timezone.utc)
        environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[GenerationBlock, jinja2.ext.loopcontrols]
        )
        environment.filters["tojson"] = to_json
        environment.globals["raise_exception"] = fail
        environment.globals["strftime_now"] = now.strftime
        self.environment = environment
        self.template = None

    def compile(self, source):
        self.template = self.environment.from_string(source)

    def render(self, context):
        return self.template.render(**json.loads(context))


def warm_up():
    """Runs what a chat template may need, so that every lazy import has happened before the seal."""
    renderer = Renderer(0)
    renderer.compile(
        "{% for m in messages %}{% if m.role == 'user' and loop.index0 is even %}{{ m.content | trim | tojson }}"
        "{% else %}{% generation %}{{ '%s' | format(m.content) | upper | replace('a', 'b') }}{% endgeneration %}"
        "{% continue %}{% endif %}{% endfor %}{% set ns = namespace(x=1) %}{% set ns.x = 2 %}{{ ns.x | string }}"
        "{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1) }}{{ strftime_now('%d %b %Y') }}{{ messages | map(attribute='role') "
        "| join(',') }}{{ 'a-b'.split('-')[0] }}{{ 'é'.encode('utf-8') | length }}{{ [3, 1] | sort | list }}"
        "{{ messages | selectattr('role', 'equalto', 'user') | list | length }}{{ dict(a=1).items() | list }}"
    )
    renderer.render('{"messages": [{"role": "user", "content": " a "}, {"role": "assistant", "content": "b"}]}')
    for source in ("{% bad", "{{ raise_exception('x') }}", "{{ ''.__class__.__mro__ }}", "{{ missing.name }}"):
        try:
            renderer.compile(source)
            renderer.render("{}")
        except Exception as problem:
            describe(problem)


def describe(problem):
    """One line for people: the exception's own text, with the line of the template where there is one."""
    text = " ".join(str(problem).split()) or type(problem).__name__
    line = getattr(problem, "lineno", None)
    return f"{text} (line {line})" if line else text
