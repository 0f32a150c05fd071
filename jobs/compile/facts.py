"""The compiler: one statement for all metrics of a view, from certified logic alone.

`compile_facts` gathers the measures of all metrics into blocks (`blocks.py`; usually one a source), writes one pass for each
(`one_pass.py` says how), joins the blocks on the grain, and computes ratios and derived metrics from the joined columns, level by level.
The SQL grows linearly with the number of metrics.

Meaning of the result, beside that of expressions:

- a row stands for a viewing country, a local period and one member of each dimension; it is there when any event of any of the
  sources lies in it, whether or not an event passes a metric's filter;
- `count` and `count_distinct` over no events are 0; `sum`, `average`, `minimum`, `maximum` over no values are NULL, as in SQL.
  The same holds for the metrics of one source in a cell that only another source reaches;
- a country for which a metric's certified meaning has no clock has NULL in its column, counts included;
- events of countries that are not asked for, and events without a country, are left out;
- dimensions are text in the result, whatever they were; a missing member is `unknown`;
- sums of integers and decimals are exact; sums of doubles do not depend on the order of rows; a result that does not fit its
  column's type is an error of the engine, never a wrong number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobs.compile.block_sql import block_tables
from jobs.compile.blocks import Blocks
from jobs.compile.one_pass import CELL, Pass, dimension_column, measure_column
from jobs.compile.statement import OutputColumn, Statement
from jobs.dialects.duckdb import DUCKDB
from jobs.errors import JobError
from metrics_catalog import expression
from metrics_catalog.expression import nodes as n
from metrics_catalog.source import ColumnType
from metrics_catalog.view import COUNTRY_COLUMN, TIME_COLUMN
from views.published_view import Role

if TYPE_CHECKING:
    from jobs.compile.request import FactsRequest
    from jobs.dialects import Dialect
    from metrics_catalog.logic import Logic

Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Value:
    """One number of a row: a measure of a block, or arithmetic over values of lower levels (`over` maps names to them)."""

    column: str
    type: ColumnType
    level: int
    node: n.Node | None = None
    over: tuple[tuple[str, str], ...] = ()


def compile_facts(request: FactsRequest, dialect: Dialect = DUCKDB) -> Statement:
    """The statement that computes all metrics of a request; raises JobError where their certified meanings cannot run.

    Columns: viewing country, first day of the period, dimensions in the order of the request, metrics in the order of the
    request, then numerators and denominators of ratios that the request does not name and on whose meaning its ratios agree.
    """
    if not request.metrics or not request.countries:
        raise JobError("There is nothing to compute: no metric or no country was given.")
    return _Facts(request, dialect).statement()


@dataclass
class _Facts:
    """The work on one request."""

    request: FactsRequest
    dialect: Dialect
    blocks: Blocks = field(init=False)
    values: dict[Key, _Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.blocks = Blocks(self.request)

    def statement(self) -> Statement:
        metrics = {name: self._value(logic) for name, logic in self.request.metrics.items()}
        parts = self._parts()
        tables: list[str] = []
        for number, block in enumerate(self.blocks.found.values()):
            missing = [name for name in (block.placing.source,) if name not in self.request.relations.sources]
            if missing:
                raise JobError(f"The rows of the source `{missing[0]}` are not there.", hint="land a file of it first.")
            tables += block_tables(Pass(number, block, self.request, self.dialect))
        tables.append(f"facts_0 AS (\n{self._joined()}\n)")
        top = max(value.level for value in self.values.values())
        tables += [f"facts_{level} AS (\n{self._level(level)}\n)" for level in range(1, top + 1)]
        numbers = ", ".join(f"({number}, {self.dialect.string(code)})" for number, code in enumerate(self.request.countries))
        tables.append(f"country({self._q('@number')}, {self._q('@code')}) AS (VALUES {numbers})")
        columns = (*self._keys(), *(OutputColumn(name, value.type, Role.METRIC) for name, value in metrics.items()))
        columns += tuple(OutputColumn(name, value.type, Role.PART) for name, value in parts.items())
        return Statement(f"WITH {(',' + chr(10)).join(tables)}\n{self._selected({**metrics, **parts}, top)}", self.dialect.name, columns)

    def _q(self, name: str) -> str:
        return self.dialect.quoted(name)

    # values

    def _value(self, logic: Logic) -> _Value:
        """The value of a metric; equal meanings share one."""
        try:
            return (
                self._ratio(logic) if logic.kind == "ratio" else self._derived(logic) if logic.kind == "derived" else self._measured(logic)
            )
        except expression.ExpressionError as error:
            message = f"The certified meaning of `{logic.metric}` cannot be computed: {error.message}"
            raise JobError(message, hint=error.hint or "mend the metric, and certify it again.") from error

    def _measured(self, logic: Logic) -> _Value:
        block, number, measure = self.blocks.add(logic)
        value = _Value(f"@value_{block}_{number}", measure.type, 0)
        return self.values.setdefault((block, number), value)

    def _ratio(self, logic: Logic) -> _Value:
        if logic.numerator is None or logic.denominator is None:
            raise JobError(f"The ratio `{logic.metric}` has no numerator or no denominator.", hint="certify it again.")
        node = n.Arithmetic("/", n.Column(logic.numerator), n.Column(logic.denominator))
        return self._computed(logic, node, (logic.numerator, logic.denominator))

    def _derived(self, logic: Logic) -> _Value:
        node = expression.parse(logic.expression or "")
        return self._computed(logic, node, tuple(sorted(expression.columns(node))))

    def _computed(self, logic: Logic, node: n.Node, names: tuple[str, ...]) -> _Value:
        parts = {name: self._value(logic.parts[name]) for name in dict.fromkeys(names)}
        over = tuple((name, value.column) for name, value in parts.items())
        expression.type_of(node, {name: value.type for name, value in parts.items()})
        level = 1 + max((value.level for value in parts.values()), default=0)
        value = _Value(f"@value_{len(self.values)}", ColumnType.DOUBLE, level, node, over)
        return self.values.setdefault((node, over), value)

    def _parts(self) -> dict[str, _Value]:
        """Numerators and denominators that are no column yet; those on whose meaning two ratios differ are left out."""
        found: dict[str, set[_Value]] = {}
        for logic in self.request.metrics.values():
            for name in (logic.numerator, logic.denominator):
                if name is not None and name not in self.request.metrics and name not in self.request.dimensions:
                    found.setdefault(name, set()).add(self._value(logic.parts[name]))
        return {name: next(iter(meanings)) for name, meanings in found.items() if len(meanings) == 1}

    # SQL after the passes

    def _grain(self) -> list[str]:
        return [self._q(CELL), *(self._q(dimension_column(number)) for number in range(len(self.request.dimensions)))]

    def _joined(self) -> str:
        """The blocks side by side, with counts of 0 where a block does not reach a cell."""
        columns = list(self._grain())
        for number, block in enumerate(self.blocks.found.values()):
            for measure, place in block.measures.items():
                text = f"block_{number}.{self._q(measure_column(place))}"
                if measure.kind in ("count", "count_distinct"):
                    text = self._counted(text, {country for country, _ in block.placing.clocks})
                columns.append(f"{text} AS {self._q(f'@value_{number}_{place}')}")
        using = ", ".join(self._grain())
        joins = [f"  FULL JOIN block_{number} USING ({using})" for number in range(1, len(self.blocks.found))]
        return "\n".join([f"  SELECT {(',' + chr(10) + '    ').join(columns)}", "  FROM block_0", *joins])

    def _counted(self, text: str, known: set[str]) -> str:
        """A count that is 0 where its block has no such cell, unless it has no clock for the country at all."""
        unknown = [str(number) for number, country in enumerate(self.request.countries) if country not in known]
        if not unknown:
            return f"COALESCE({text}, 0)"
        country = self.dialect.whole(self._q(CELL), self.request.periods.count)
        return f"CASE WHEN {country} NOT IN ({', '.join(unknown)}) THEN COALESCE({text}, 0) END"

    def _level(self, level: int) -> str:
        columns = ["*"]
        types = {value.column: value.type for value in self.values.values()}
        for value in self.values.values():
            if value.level == level and value.node is not None:
                names = {name: self._q(column) for name, column in value.over}
                text = expression.to_sql(value.node, self.dialect.name, names, {name: types[column] for name, column in value.over})
                columns.append(f"CAST({text} AS {self.dialect.type(ColumnType.DOUBLE)}) AS {self._q(value.column)}")
        return f"  SELECT {(',' + chr(10) + '    ').join(columns)}\n  FROM facts_{level - 1}"

    def _keys(self) -> tuple[OutputColumn, ...]:
        time = OutputColumn(TIME_COLUMN[self.request.periods.grain], ColumnType.DATE, Role.TIME)
        dimensions = (OutputColumn(name, ColumnType.STRING, Role.DIMENSION) for name in self.request.dimensions)
        return (OutputColumn(COUNTRY_COLUMN, ColumnType.STRING, Role.COUNTRY), time, *dimensions)

    def _selected(self, named: dict[str, _Value], top: int) -> str:
        periods = self.request.periods
        cell = f"facts.{self._q(CELL)}"
        start = self.dialect.period_start(periods.grain, periods.first, f"({cell} % {periods.count})")
        columns = [f"country.{self._q('@code')} AS {self._q(COUNTRY_COLUMN)}", f"{start} AS {self._q(TIME_COLUMN[periods.grain])}"]
        for number, name in enumerate(self.request.dimensions):
            columns.append(f"facts.{self._q(dimension_column(number))} AS {self._q(name)}")
        columns += [f"facts.{self._q(value.column)} AS {self._q(name)}" for name, value in named.items()]
        keys = range(1, 3 + len(self.request.dimensions))
        return (
            f"SELECT {(',' + chr(10) + '  ').join(columns)}\nFROM facts_{top} AS facts\n"
            f"JOIN country ON country.{self._q('@number')} = {self.dialect.whole(cell, periods.count)}\n"
            f"ORDER BY {', '.join(map(str, keys))}"
        )
