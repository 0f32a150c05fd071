{#
  Makes one definer view a country out of one model, and beside them a relation over all countries, which the tests read.
  The model's SQL names a country as {country} (lower case, in names) and {COUNTRY} (in conditions).
#}
{% materialization ringi_published_view, adapter='duckdb' %}
  {%- set target = this.incorporate(type='view') -%}
  {%- set countries = config.require('countries') -%}
  {%- set listed = '"' ~ (config.require('columns') | join('", "')) ~ '"' -%}

  {{ run_hooks(pre_hooks) }}
  {% call statement('main') -%}
    {% for country in countries %}
    create or replace view "views_{{ country | lower }}"."{{ this.identifier }}" as
    {{ sql | replace('{country}', country | lower) | replace('{COUNTRY}', country) }};
    {% endfor %}
    create or replace view {{ target }} as
    {% for country in countries -%}
    select {{ listed }} from "views_{{ country | lower }}"."{{ this.identifier }}"{% if not loop.last %} union all{% endif %}
    {% endfor %};
  {%- endcall %}
  {{ run_hooks(post_hooks) }}
  {% do adapter.commit() %}

  {{ return({'relations': [target]}) }}
{% endmaterialization %}
