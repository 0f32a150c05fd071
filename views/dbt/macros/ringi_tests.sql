{# The grain names each row once. #}
{% test ringi_unique_grain(model, columns) %}
select "{{ columns | join('", "') }}", count(*) as times
from {{ model }}
group by all
having count(*) > 1
{% endtest %}

{# Each country's saved copy holds rows of that country and of no other. #}
{% test ringi_own_country(model, column_name) %}
{% for country in ringi_countries(model.identifier) -%}
select '{{ country }}' as copy_of, "{{ column_name }}"
from "saved_{{ country | lower }}"."{{ model.identifier }}"
where "{{ column_name }}" is distinct from '{{ country }}'
union all
{% endfor -%}
select '', '' where false
{% endtest %}
