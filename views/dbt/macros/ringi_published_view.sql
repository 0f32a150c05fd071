{#
  Makes one definer view a country out of one model, and beside them a relation over all countries, which the tests read.
  The model's SQL names a country as {country} (lower case, in names) and {COUNTRY} (in conditions).
#}
{% materialization ringi_published_view, adapter='duckdb' %}
  {%- set target = this.incorporate(type='view') -%}
  {%- set countries = ringi_countries(this.identifier) -%}
  {%- set columns = config.require('columns') -%}

  {{ run_hooks(pre_hooks) }}
  {% call statement('main') -%}
    {% for country in countries %}
    create or replace view "views_{{ country | lower }}"."{{ this.identifier }}" as
    {{ sql | replace('{country}', country | lower) | replace('{COUNTRY}', country) }};
    {% endfor %}
    create or replace view {{ target }} as
    {% for country in countries -%}
    select "{{ columns | join('", "') }}" from "views_{{ country | lower }}"."{{ this.identifier }}"{% if not loop.last %} union all{% endif %}
    {% else -%}
    select null as "{{ columns | join('", null as "') }}" where false
    {% endfor %};
  {%- endcall %}
  {{ run_hooks(post_hooks) }}
  {% do adapter.commit() %}

  {{ return({'relations': [target]}) }}
{% endmaterialization %}

{# Countries that have a saved copy of a view, sorted. As one text, so that no code (NA, NO) is taken for something else. #}
{% macro ringi_countries(view) %}
  {%- if not execute -%}{{ return([]) }}{%- endif -%}
  {%- set found = run_query("select coalesce(string_agg(country, ' ' order by country), '') as codes from ringi.copies where view = '" ~ view ~ "'") -%}
  {{ return((found.rows[0][0] or '').split()) }}
{% endmacro %}
