{# The grain names each row once. #}
{% test ringi_unique_grain(model, columns) %}
select "{{ columns | join('", "') }}", count(*) as times
from {{ model }}
group by all
having count(*) > 1
{% endtest %}

{# Each country's saved copy holds rows of that country and of no other. #}
{% test ringi_own_country(model, column_name, countries) %}
{% for country in countries -%}
select '{{ country }}' as copy_of, "{{ column_name }}"
from "saved_{{ country | lower }}"."{{ model.identifier }}"
where "{{ column_name }}" is distinct from '{{ country }}'
{% if not loop.last %}union all{% endif %}
{% endfor %}
{% endtest %}
